using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace Playground;

/// <summary>One thing that the scripted server can do wrong.</summary>
internal sealed record Fault(string Name, string Does);

/// <summary>A vLLM that answers from a script, and does wrong what the page's switch says.</summary>
internal static class FaultyServer
{
    /// <summary>The header by which a request says what is to go wrong.</summary>
    public const string Header = "X-Playground-Fault";

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(60);

    public static IReadOnlyList<Fault> Faults { get; } =
    [
        new("none", "Nothing: the answer ends as it should"),
        new("no-reason", "Leaves out the finish reason (vLLM 0.8.5)"),
        new("masked", "Calls a cut call finished (vLLM 0.8.5 to 0.26)"),
        new("lost", "Loses the answer it has counted (vLLM 0.32, phi4)"),
        new("cut", "Dies in the middle: the connection breaks"),
        new("silent", "Falls silent, the connection stays open"),
        new("error", "Its engine dies: an error event"),
        new("refused", "Refuses: its queue is full"),
    ];

    public static Task<FakeVllm> StartAsync() => FakeVllm.StartAsync(Answer);

    private static ScriptedReply Answer(ReceivedRequest request) => request.Headers.GetValueOrDefault(Header) switch
    {
        "no-reason" => Words(request).Uses(31, 12).Done(),
        "masked" => Cut(request).Finishes("tool_calls").Uses(31, (int)request.Json!["max_tokens"]!).Done(),
        "lost" => Script.Empty.Finishes("stop").Uses(31, 26).Done(),
        "cut" => Words(request).Resets(),
        "silent" => Words(request).GoesSilent(),
        "error" => Words(request).Fails("EngineCore encountered an issue.", 500).Done(),
        "refused" => Script.Refuses(503, "The request queue is full, please retry later.", "ServiceUnavailableError"),
        _ => Whole(request),
    };

    // As a model would: its own words, a call and then the answer, or JSON.
    private static ScriptedReply Whole(ReceivedRequest request)
    {
        JsonNode body = request.Json!;
        bool hasResult = (string?)body["messages"]!.AsArray()[^1]!["role"] == "tool";
        ScriptedReply reply = Reasons(body) ? Script.Model.Reasons("The user wants to know.", " I", " will", " be", " brief.") : Script.Model;
        reply = body["tools"] is not null && !hasResult ? reply.Calls("get_weather", """{"city": """, "\"Cusco\"}")
            : body["response_format"] is not null || body["structured_outputs"] is not null ? reply.Says("""{"name": "llama", """, "\"home\": \"the Andes\", ", "\"legs\": 4}")
            : hasResult ? reply.Says("It", " is", " 14", " degrees", " and", " sunny", " in", " Cusco", ".")
            : reply.Says("Llamas", " are", " calm", " pack", " animals", " of", " the", " Andes", ",", " and", " they", " hum", ".");
        return reply.Paced(Beat);
    }

    private static bool Reasons(JsonNode body) => body["chat_template_kwargs"]?["enable_thinking"] is { } thinks && (bool)thinks;

    // Old servers close the JSON of a call that max tokens cut: it looks whole, and only the count tells.
    private static ScriptedReply Cut(ReceivedRequest request) =>
        request.Json!["tools"] is null ? Words(request) : Script.Calls("get_weather", """{"city": """, "\"Cu\"}").Paced(Beat);

    // What comes before it goes wrong.
    private static ScriptedReply Words(ReceivedRequest request) =>
        (request.Json!["tools"] is not null
            ? Script.Calls("get_weather", """{"city": """, "\"Cusco\"}")
            : Script.Says("Llamas", " are", " calm", " pack", " animals", " of", " the")).Paced(Beat);
}
