using System.Text.RegularExpressions;

namespace VllmAdapter.Tool.Check;

/// <summary>What the text of one answer shows of the server: markup that its parsers should have taken out.</summary>
internal static partial class TextFindings
{
    private const int Around = 40;

    public static IEnumerable<(FindingKind Kind, string Text)> Of(ChatRequest request, ChatAnswer answer)
    {
        foreach (ChatChoice choice in answer.Choices)
        {
            if (Thinking().Match(choice.Text) is { Success: true } thinking)
                yield return (AnswerKinds.ReasoningInText, Quoted(choice.Text, thinking));
            // A whole call in the text is a finding of its own, and one that was cut is left as text by the parsers of whole replies.
            bool isCall = answer.Outcome.Notes.Any(note => note.Kind == OutcomeNoteKind.CallInText)
                || (request.Tools.Count > 0 && answer.Outcome.Verdict == StreamVerdict.LengthLimited);
            if (!isCall && Marker().Match(choice.Text) is { Success: true } marker)
                yield return (AnswerKinds.Markup, Quoted(choice.Text, marker));
        }
    }

    private static string Quoted(string text, Match match)
    {
        int start = Math.Max(0, match.Index - Around);
        int end = Math.Min(text.Length, match.Index + match.Length + Around);
        return $"The text contains {match.Value}: \"{text[start..end].ReplaceLineEndings(" ")}\"";
    }

    [GeneratedRegex("</?think(?:ing)?>", RegexOptions.None, 1000)]
    private static partial Regex Thinking();

    // Special tokens of templates (<|tool_call|>, <|im_end|>, DeepSeek's wide bars), and the markers of hermes and Mistral.
    [GeneratedRegex(@"<\|[A-Za-z_]{2,40}\|>|<｜[^｜\n]{2,40}｜>|</?tool_calls?>|\[/?TOOL_CALLS\]", RegexOptions.None, 1000)]
    private static partial Regex Marker();
}
