using static VllmAdapter.Testing.ScenarioRows;

namespace VllmAdapter.Testing;

/// <summary>Errors inside a stream, and answers that never were one.</summary>
internal static class ErrorScenarios
{
    private const string Html = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>";
    private static readonly ScriptedReply Hel = Script.Says("Hel");
    private static readonly ExpectedEnd Failed = Ends.ServerError("Hel");

    public static IReadOnlyList<Scenario> Rows { get; } =
    [
        Text("an error event, then the sentinel", "guidellm#743, vllm serving.py", Hel.Fails("Internal server error").Done(), Failed),
        Text("an error event, no sentinel, a code that is text", "recorded LiteLLM 1.106.2", Hel.Event("""{"error":{"message":"Response payload is not completed","type":"None","param":"None","code":"500"}}"""), Failed),
        Text("an error that is only text", "NeoGraph#124", Hel.Event("""{"error":"Internal server error"}"""), Failed),
        Text("a flat error", "recorded 0.8.5", Hel.Fails("Internal server error").Done(), Failed).From(VllmProfile.V0_8),
        Text("an event named error", "LiteLLM#32159", Hel.Sends("event: error\ndata: Internal server error\n\n"), Failed),
        Text("an error beside empty choices", "OmniRoute#8210", Hel.Event("""{"choices":[],"error":{"message":"Upstream failed","code":502}}"""), Failed),
        Text("an error without a frame around it", "OpenFlowLM#64", Hel.Sends("""{"error":{"message":"Internal server error","code":500}}"""), Failed),
        Text("an error after the finish reason", "vllm serving.py", Hel.Finishes("stop").Fails("Internal server error").Done(), Failed),
        Text("an error after nothing but the role", "recorded 0.32.0", Script.Says("").Fails("Internal server error").Done(), Ends.ServerError()),
        Text("error: null on healthy chunks", "openai-go", Script.Event("""{"id":"chatcmpl-1","error":null,"choices":[{"index":0,"delta":{"content":"Hello."},"finish_reason":"stop"}]}""").Done(), Ends.Completed("Hello.")),
        Row("an error of one choice", "OpenRouter", Ask.Two, Script.Says("Hello.").Finishes("stop").Event("""{"id":"chatcmpl-1","choices":[{"index":1,"delta":{},"error":{"message":"Upstream failed","code":502}}]}""").Done(), Ends.ServerError("Hello.").Choices(StreamVerdict.Completed, StreamVerdict.ServerError)),
        Text("one event that is not JSON", "litellm#40404", Hel.Event("{oops").Says("lo.").Finishes("stop").Done(), Ends.Malformed("Hel")),
        Text("plain text in the stream, then silence", "mistral.rs#1874", Hel.Event("Number of choices must be at least 1").GoesSilent(), Ends.Malformed("Hel")),
        Text("HTML in the stream", "inference-perf#530", Hel.Sends(Html), Ends.Malformed("Hel")),
        Text("an object and half of another in one event", "miruamel#194", Hel.Event("""{"choices":[]}{"choices":"""), Ends.Malformed("Hel")),

        Text("an error as the first event: a bad request", "recorded 0.32.0", Script.Fails("The compiled grammar is not valid.", 400, "BadRequestError").Done(), Ends.Fails(RequestFailure.BadRequest)),
        Text("an error as the first event: the queue is full", "vllm admission control", Script.Fails("The engine is currently busy.", 503, "Service Unavailable").Done(), Ends.Fails(RequestFailure.Overloaded)),
        Text("a refusal", "recorded 0.32.0", Script.Refuses(400, "n must be 1 when using greedy sampling, got 2.", param: "n"), Ends.Fails(RequestFailure.BadRequest)),
        Text("an unknown model", "recorded 0.32.0", Script.Refuses(404, "The model `llama` does not exist.", "NotFoundError", "model"), Ends.Fails(RequestFailure.ModelNotFound)),
        Text("an unknown path", "recorded 0.32.0", Script.Replies(404, """{"detail":"Not Found"}""", "application/json"), Ends.Fails(RequestFailure.RouteNotFound)),
        Text("a wrong key", "recorded 0.32.0", Script.Replies(401, """{"error":"Unauthorized"}""", "application/json"), Ends.Fails(RequestFailure.Unauthorized)),
        Text("an empty 500", "recorded 0.8.5", Script.Replies(500), Ends.Fails(RequestFailure.EngineDead)),
        Text("too many requests", "LiteLLM", Script.Refuses(429, "Rate limit reached.").RetryAfter(TimeSpan.FromSeconds(2)), Ends.Fails(RequestFailure.RateLimited)),
        Text("a router that lost its worker", "recorded vllm-router 0.1.17", Script.Replies(500, "Request failed: error sending request for url (http://worker:8000/v1/chat/completions)", "text/plain"), Ends.Fails(RequestFailure.Unavailable)),
        Text("a gateway that lost its server", "recorded LiteLLM 1.106.2", Script.Refuses(500, "litellm.InternalServerError: Connect call failed ('127.0.0.1', 8000)"), Ends.Fails(RequestFailure.Unavailable)),
        Text("a proxy's page: 502", "inference-perf#530", Script.Replies(502, Html, "text/html"), Ends.Fails(RequestFailure.Unavailable)),
        Text("a proxy's page: 504", "otari#528", Script.Replies(504, "<html><title>504 Gateway Time-out</title></html>", "text/html"), Ends.Fails(RequestFailure.Timeout)),
        Text("a proxy's page: 524", "cf-docs#32243", Script.Replies(524, "<html><title>A timeout occurred</title></html>", "text/html"), Ends.Fails(RequestFailure.Timeout)),
        Text("HTML with status 200", "inference-perf#530", Script.Replies(200, "<html><title>Sign in</title></html>", "text/html"), Ends.Fails(RequestFailure.UnexpectedContent)),
        Text("lines of JSON in place of events", "Ollama", Script.Replies(200, "{\"done\":false}\n{\"done\":true}\n", "application/x-ndjson"), Ends.Fails(RequestFailure.UnexpectedContent)),
        Text("a stream that calls itself plain text", "RFC 9110", Script.Says("Hello.").Finishes("stop").Done().WithContentType("text/plain"), Ends.Completed("Hello.")),
        Text("a whole reply to a request for a stream", "azure-sdk#44135", Script.Says("Hello.").Finishes("stop").Uses(10, 3).Whole(), Ends.Completed("Hello.")),
        Text("an error as JSON with status 200", "vllm#34516", Script.Replies(200, """{"error":{"message":"Internal server error","type":"InternalServerError","code":500}}""", "application/json"), Ends.Fails(RequestFailure.ServerError)),
    ];
}
