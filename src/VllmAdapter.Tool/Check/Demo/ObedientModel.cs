using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Check;

/// <summary>A model that does what it is asked, as far as the check asks: calls the tools that fit, keeps to the shape, counts to forty.</summary>
internal static class ObedientModel
{
    private const string Plan =
        """{"title": "A trip through Italy and its islands", "steps": ["Rome", "Naples", "Capri", "Amalfi", "Bari", "Florence", "Siena", "Pisa", "Genoa", "Milan"]}""";

    // Who asks for no end is there to hang up.
    private static readonly Task Never = new TaskCompletionSource().Task;

    public static ScriptedReply Answer(ReceivedRequest request)
    {
        JsonNode body = request.Json ?? new JsonObject();
        if ((bool?)body["ignore_eos"] is true)
            return Script.Model.Says("1, 2, 3").WaitsFor(Never).Says(", 4");

        return ShapeOf(body) is { } shape ? Script.Model.Says(shape) : Calls(body) ?? Script.Model.Says(TextFor(LastText(body)));
    }

    /// <summary>The same model on a server that does not know structured outputs.</summary>
    public static ScriptedReply AnswerUnconstrained(ReceivedRequest request)
    {
        JsonNode body = request.Json ?? new JsonObject();
        return body["structured_outputs"] is not null ? Script.Model.Says("Llamas hum when they are content.") : Answer(request);
    }

    private static string? ShapeOf(JsonNode body)
    {
        JsonNode? asked = body["structured_outputs"];
        return 0 switch
        {
            _ when asked?["choice"] is JsonArray { Count: > 0 } words => (string?)words[0],
            _ when asked?["grammar"] is not null => "yes",
            _ when asked?["regex"] is not null => "2026-11",
            _ when body["response_format"] is not null => """{"city": "Rome", "days": 3}""",
            _ => null,
        };
    }

    private static ScriptedReply? Calls(JsonNode body)
    {
        if (body["tools"] is not JsonArray || body["tool_choice"] is JsonValue choice && (string?)choice == "none" || LastRole(body) == "tool")
            return null;

        string text = LastText(body);
        return 0 switch
        {
            _ when text.Contains("random number", StringComparison.Ordinal) => Script.Model.Calls("get_random_number", "{}"),
            _ when text.Contains("Rome", StringComparison.Ordinal) =>
                Script.Model.Calls("get_weather", """{"city": "Paris"}""").Calls("get_weather", """{"city": "Rome"}"""),
            _ when text.Contains("Paris", StringComparison.Ordinal) => Script.Model.Calls("get_weather", """{"city": "Paris"}"""),
            _ when text.Contains("plan", StringComparison.Ordinal) => Script.Model.Calls("save_plan", Plan),
            _ => null,
        };
    }

    private static string TextFor(string question) => question.StartsWith("Count", StringComparison.Ordinal)
        ? string.Join(", ", Enumerable.Range(1, 40))
        : "Hello, and welcome!";

    private static string? LastRole(JsonNode body) => (string?)(body["messages"] as JsonArray)?.LastOrDefault()?["role"];

    private static string LastText(JsonNode body)
    {
        JsonNode? last = (body["messages"] as JsonArray)?.LastOrDefault(message => (string?)message?["role"] == "user");
        return last?["content"] is JsonValue content && content.TryGetValue(out string? text) ? text : "";
    }
}
