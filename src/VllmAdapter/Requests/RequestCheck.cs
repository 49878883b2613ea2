using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

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
    /// <param name="rules">What every server refuses on the route; that of chats by default.</param>
    public static void Check(JsonObject body, bool isUnchecked, Func<JsonObject, string?>? rules = null)
    {
        if (body["n"] is JsonValue n && double.TryParse(n.ToJsonString(), CultureInfo.InvariantCulture, out double choices) && choices > MostChoices)
        {
            throw RequestRefusal.Because(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"ChoiceCount (n) is {choices:N0}: every choice is held in memory, here and on the server. Ask for at most {MostChoices:N0} at once."));
        }

        if (isUnchecked)
            return;

        try
        {
            CheckWhatIsKnown(body, rules ?? RequestRules.FaultOf);
        }
        catch (InvalidOperationException unreadable)
        {
            // Parsed text may hold half a surrogate pair, which nothing can read.
            throw RequestRefusal.Because($"The request cannot be written as JSON: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>What is worth a warning about a body that is sent: dialects differ, so a regular expression is never refused but where it ends a server.</summary>
    public static string? NoteOf(JsonObject body) =>
        body["structured_outputs"] is JsonObject outputs && TextOf(outputs["regex"]) is { } pattern ? RegexCheck.FaultOf(pattern) : null;

    private static void CheckWhatIsKnown(JsonObject body, Func<JsonObject, string?> rules)
    {
        LeaveTextFormatOut(body);
        if (rules(body) is { } refused)
            throw Refused($"{refused}. Every vLLM refuses it.", "Correct it");
        CheckConstraints(body);
        if (TextOf(body["guided_regex"]) is { } pattern && RegexCheck.FaultOf(pattern) is { } fault)
            throw Refused($"guided_regex does not compile: {fault}. vLLM 0.8.5 crashes on it, for every user.", "Correct it");
    }

    // OpenAI's default written out: the engine of vLLM 0.11.0 crashes on it, and to every other server it says nothing.
    private static void LeaveTextFormatOut(JsonObject body)
    {
        if (body["response_format"] is JsonObject format && TextOf(format["type"]) == "text")
            body.Remove("response_format");
    }

    private static void CheckConstraints(JsonObject body)
    {
        if (body["structured_outputs"] is not JsonObject outputs)
            return;

        string[] kinds = [.. Constraints.Where(kind => Says(outputs[kind]))];
        if (kinds.Length == 0)
        {
            throw Refused(
                "structured_outputs asks for nothing: the engine of vLLM 0.11.0 crashes on it, and newer ones answer 400.",
                $"Set one of {string.Join(", ", Constraints)}, or leave it out");
        }

        if (body["response_format"] is JsonObject format)
            kinds = [$"response_format {format["type"]}", .. kinds];

        if (kinds.Length > 1)
        {
            throw Refused(
                $"The request asks for {string.Join(" and ", kinds)} together: vLLM 0.11.0 falls silent on such a request, for every user, and newer ones answer 400.",
                "Ask for one of them");
        }

        if (TextOf(outputs["grammar"]) is { } grammar && GrammarCheck.FaultOf(grammar) is { } fault)
        {
            throw Refused(
                $"The grammar does not compile: {fault}. vLLM 0.11.0, 0.15.1 and 0.20.2 crash on it, for every user.", "Correct it");
        }
    }

    // What Python takes for nothing is no constraint to the engine, although the field is there.
    private static bool Says(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.String => TextOf(value)!.Length > 0,
        _ => true,
    };

    private static string? TextOf(JsonNode? value) => value is JsonValue text && text.TryGetValue(out string? said) ? said : null;

    private static ArgumentException Refused(string what, string wayOut) => RequestRefusal.Because(
        $"{what} {wayOut}; {nameof(ChatRequest.SendUnchecked)} sends it anyway.");
}
