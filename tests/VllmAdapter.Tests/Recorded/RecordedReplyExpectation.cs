using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Recorded;

/// <summary>What must come of a stream, or of a reply that was not streamed: the verdict, what was said, what it cost, and what is to be told.</summary>
internal static class RecordedReplyExpectation
{
    public static IEnumerable<string> Misses(Recording recording, ChatAnswer? answer, Exception? failure)
    {
        if (answer is not null)
        {
            return Verdict(recording.Expect, answer.Outcome)
                .Concat(Said(recording.Expect, answer))
                .Concat(Cost(recording, answer.Outcome))
                .Concat(RecordedCallsExpectation.Misses(recording.Expect, answer.Outcome))
                .Concat(Told(recording.Expect, answer.Outcome));
        }

        return failure is VllmRequestException && MayBeRefused(recording)
            ? []
            : [$"kind: {recording.Kind} was expected, but {RecordedExpectation.Told(answer, failure)}"];
    }

    // A 200 with nothing in it, not even a content type, never began.
    private static bool MayBeRefused(Recording recording) =>
        recording.Body.Length == 0 && recording.Expect.Text("because")?.Contains("a refusal", StringComparison.Ordinal) is true;

    private static IEnumerable<string> Verdict(JsonObject expect, StreamOutcome outcome)
    {
        string verdict = expect.Text("verdict")!;
        string? alsoRight = expect.Text("also_right");

        // Every vLLM marks the end of its streams: an end in order without reason and sentinel is a cut that somebody on the way closed.
        if ((verdict, alsoRight) == ("Interrupted", "Unconfirmed"))
            alsoRight = null;

        string said = outcome.Verdict.ToString();
        if (said != verdict && said != alsoRight)
            yield return $"verdict: {verdict}{(alsoRight is null ? "" : $" or {alsoRight}")} was expected, and is {said}: {outcome.Explain()}";

        if (said == verdict && CertaintyOf(expect.Text("because")) is { } certainty && outcome.Certainty != certainty)
            yield return $"because: {certainty} was expected, and is {outcome.Certainty}: {outcome.Explain()}";

        Dictionary<int, string> finishes = outcome.Choices.Where(choice => choice.FinishReason is not null)
            .ToDictionary(choice => choice.Index, choice => choice.FinishReason!.Value.Value);
        if (Strings(expect["finish"]) is { } reasons && !AreSame(reasons, finishes))
            yield return $"finish: {Written(reasons)} was expected, and is {Written(finishes)}";
    }

    private static IEnumerable<string> Said(JsonObject expect, ChatAnswer answer)
    {
        Dictionary<int, string> texts = By(answer, choice => choice.Text);
        Dictionary<int, string> reasoning = By(answer, choice => choice.Reasoning);

        if (expect["text_any"] is JsonArray any)
        {
            string joined = string.Concat(texts.OrderBy(text => text.Key).Select(text => text.Value));
            if (!any.Any(text => (text?.GetValue<string>() ?? "") == joined))
                yield return $"text_any: {any.ToJsonString()} was expected, and is \"{joined}\"";
        }
        else if (Strings(expect["text"]) is { } text && !AreSame(text, texts))
        {
            yield return $"text: {Written(text)} was expected, and is {Written(texts)}";
        }

        if (Strings(expect["reasoning"]) is { } thought && !AreSame(thought, reasoning))
            yield return $"reasoning: {Written(thought)} was expected, and is {Written(reasoning)}";
    }

    private static IEnumerable<string> Cost(Recording recording, StreamOutcome outcome)
    {
        if (!recording.Expect.ContainsKey("completion_tokens"))
            yield break;

        int? counted = recording.Expect.Int("completion_tokens");
        bool isWrongByIntent = counted is null && Encoding.UTF8.GetString(recording.Body).Contains("\"usage\":{", StringComparison.Ordinal);
        if (outcome.Usage?.CompletionTokens != counted && !isWrongByIntent)
            yield return $"completion_tokens: {Written(counted)} was expected, and is {Written(outcome.Usage?.CompletionTokens)}";
    }

    private static IEnumerable<string> Told(JsonObject expect, StreamOutcome outcome)
    {
        OutcomeNoteKind[] notes = [.. outcome.Notes.Select(note => note.Kind)];
        if (expect.Bool("note_needed") is true && notes.All(kind => kind is OutcomeNoteKind.UsageMissing or OutcomeNoteKind.EndedAtMaxTokens))
            yield return $"note_needed: there is none: {outcome.Explain()}";

        if (expect.Text("note_forbidden") is { } forbidden && notes.Any(kind => kind.ToString() == forbidden))
            yield return $"note_forbidden: {forbidden} is there: {outcome.Explain()}";

        foreach (string words in expect.Texts("explain_has").Where(words => !outcome.Explain().Contains(words, StringComparison.Ordinal)))
            yield return $"explain_has: \"{words}\" is not in \"{outcome.Explain()}\"";
    }

    private static Certainty? CertaintyOf(string? because) => because?.Split(':')[0] switch
    {
        "declared" => Certainty.Declared,
        "inferred" => Certainty.Inferred,
        "observed" => Certainty.Observed,
        _ => null,
    };

    private static Dictionary<int, string> By(ChatAnswer answer, Func<ChatChoice, string> text) =>
        answer.Choices.Where(choice => text(choice).Length > 0).ToDictionary(choice => choice.Index, text);

    private static Dictionary<int, string>? Strings(JsonNode? byChoice) => (byChoice as JsonObject)?
        .Where(entry => entry.Value is not null)
        .ToDictionary(entry => int.Parse(entry.Key, CultureInfo.InvariantCulture), entry => entry.Value!.GetValue<string>());

    private static bool AreSame(Dictionary<int, string> expected, Dictionary<int, string> actual) =>
        expected.Count == actual.Count && expected.All(entry => actual.GetValueOrDefault(entry.Key) == entry.Value);

    private static string Written(Dictionary<int, string> byChoice) =>
        byChoice.Count == 0 ? "nothing" : string.Join(", ", byChoice.Select(entry => $"{entry.Key}: \"{entry.Value}\""));

    private static string Written(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
