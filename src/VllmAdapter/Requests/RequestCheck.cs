using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>
/// Refuses, before it is sent, what ends a server for everybody on it and what every server refuses. Looks at the finished body, so that what came
/// by <see cref="ChatRequest.Extra"/> counts too.
/// </summary>
internal static class RequestCheck
{
    public const int MostChoices = 10_000;

    private static readonly string[] Constraints = ["json", "regex", "choice", "grammar", "json_object", "structural_tag"];

    /// <param name="body">The finished body.</param>
    /// <param name="isUnchecked">Whether the caller wants it sent all the same.</param>
    /// <param name="rules">What every server refuses on the route.</param>
    public static void Check(JsonElement body, bool isUnchecked, Func<JsonElement, string?> rules)
    {
        if (body.At("n"u8) is { ValueKind: JsonValueKind.Number } n
            && double.Parse(JsonMarshal.GetRawUtf8Value(n), NumberStyles.Float, CultureInfo.InvariantCulture) is var choices && choices > MostChoices)
        {
            throw RequestRefusal.Because(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"ChoiceCount (n) is {choices:N0}: every choice is held in memory, here and on the server. Ask for at most {MostChoices:N0} at once."));
        }

        if (isUnchecked)
            return;

        if (rules(body) is { } refused)
            throw Refused($"{refused}. Every vLLM refuses it.", "Correct it");
        CheckConstraints(body);
        if (body.TextAt("guided_regex"u8) is { } pattern && RegexCheck.FaultOf(pattern) is { } fault)
            throw Refused($"guided_regex does not compile: {fault}. vLLM 0.8.5 crashes on it, for every user.", "Correct it");
    }

    /// <summary>What is worth a warning about a body that is sent: dialects differ, so a regular expression is never refused but where it ends a server.</summary>
    public static string? NoteOf(JsonElement body) =>
        body.At("structured_outputs"u8)?.TextAt("regex"u8) is { } pattern ? RegexCheck.FaultOf(pattern) : null;

    private static void CheckConstraints(JsonElement body)
    {
        if (body.ObjectAt("structured_outputs"u8) is not { } outputs)
            return;

        string[] kinds = [.. Constraints.Where(kind => Says(outputs.At(kind)))];
        if (kinds.Length == 0)
        {
            throw Refused(
                "structured_outputs asks for nothing: the engine of vLLM 0.11.0 crashes on it, and newer ones answer 400.",
                $"Set one of {string.Join(", ", Constraints)}, or leave it out");
        }

        if (body.ObjectAt("response_format"u8) is { } format)
            kinds = [$"response_format {format.At("type"u8)}", .. kinds];

        if (kinds.Length > 1)
        {
            throw Refused(
                $"The request asks for {string.Join(" and ", kinds)} together: vLLM 0.11.0 falls silent on such a request, for every user, and newer ones answer 400.",
                "Ask for one of them");
        }

        if (outputs.TextAt("grammar"u8) is { } grammar && GrammarCheck.FaultOf(grammar) is { } fault)
        {
            throw Refused(
                $"The grammar does not compile: {fault}. vLLM 0.11.0, 0.15.1 and 0.20.2 crash on it, for every user.", "Correct it");
        }
    }

    // What Python takes for nothing is no constraint to the engine, although the field is there.
    private static bool Says(JsonElement? value) => value is { ValueKind: not JsonValueKind.False } && !value.Says(""u8);

    private static ArgumentException Refused(string what, string wayOut) => RequestRefusal.Because(
        $"{what} {wayOut}; {nameof(ChatRequest.SendUnchecked)} sends it anyway.");
}
