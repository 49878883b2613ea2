using System.Text.RegularExpressions;

namespace VllmAdapter.Testing.Tests;

/// <summary>The exact bytes of every version, as recorded (plain-stop, tools-one-argument, engine-dies-mid-stream, not-streamed).</summary>
public sealed class ShapeTests
{
    [Theory]
    [InlineData("0.33.0", """{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null,"prompt_text":null}""")]
    [InlineData("0.32.0", """{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null,"prompt_text":null}""")]
    [InlineData("0.20.2", """{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null}""")]
    [InlineData("0.11.0", """{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null}""")]
    [InlineData("0.8.5", """{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}""")]
    public async Task Role_chunk(string version, string chunk) =>
        (await EventsAsync(version, Script.Says("He")))[0].Should().Be(chunk);

    [Theory]
    [InlineData("0.33.0", """{"choices":[{"index":0,"delta":{"content":"He"},"logprobs":null,"finish_reason":null,"token_ids":null}],"kv_transfer_params":null}""")]
    [InlineData("0.32.0", """{"choices":[{"index":0,"delta":{"content":"He"},"logprobs":null,"finish_reason":null,"token_ids":null}]}""")]
    [InlineData("0.20.2", """{"choices":[{"index":0,"delta":{"content":"He","tool_calls":[]},"logprobs":null,"finish_reason":null,"token_ids":null}]}""")]
    [InlineData("0.11.0", """{"choices":[{"index":0,"delta":{"content":"He"},"logprobs":null,"finish_reason":null,"token_ids":null}]}""")]
    [InlineData("0.8.5", """{"choices":[{"index":0,"delta":{"content":"He"},"logprobs":null,"finish_reason":null}]}""")]
    public async Task Text_chunk(string version, string chunk) =>
        (await EventsAsync(version, Script.Says("He")))[1].Should().Be(chunk);

    [Theory]
    [InlineData("0.33.0", """{"choices":[{"index":0,"delta":{"content":null,"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"logprobs":null,"finish_reason":null,"token_ids":null}],"kv_transfer_params":null}""")]
    [InlineData("0.32.0", """{"choices":[{"index":0,"delta":{"content":null,"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"logprobs":null,"finish_reason":null,"token_ids":null}]}""")]
    [InlineData("0.20.2", """{"choices":[{"index":0,"delta":{"content":null,"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"logprobs":null,"finish_reason":null,"token_ids":null}]}""")]
    [InlineData("0.11.0", """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"logprobs":null,"finish_reason":null,"token_ids":null}]}""")]
    [InlineData("0.8.5", """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"logprobs":null,"finish_reason":null}]}""")]
    public async Task Argument_chunk(string version, string chunk) =>
        (await EventsAsync(version, Script.Calls("f", "{}")))[2].Should().Be(chunk);

    [Theory]
    [InlineData("0.33.0", """{"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null,"weight_versions":null}],"system_fingerprint":"vllm-0.33.0-1f9e3624","kv_transfer_params":null}""")]
    [InlineData("0.32.0", """{"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}],"system_fingerprint":"vllm-0.32.0-d546c035"}""")]
    [InlineData("0.20.2", """{"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}]}""")]
    [InlineData("0.11.0", """{"choices":[{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}]}""")]
    [InlineData("0.8.5", """{"choices":[{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":"stop","stop_reason":null}]}""")]
    public async Task Finish_chunk(string version, string chunk) =>
        (await EventsAsync(version, Script.Finishes("stop")))[1].Should().Be(chunk);

    [Theory]
    [InlineData("0.33.0", """{"choices":[],"usage":{"prompt_tokens":20,"total_tokens":49,"completion_tokens":29,"completion_tokens_details":{"reasoning_tokens":18}},"system_fingerprint":"vllm-0.33.0-1f9e3624"}""")]
    [InlineData("0.32.0", """{"choices":[],"usage":{"prompt_tokens":20,"total_tokens":49,"completion_tokens":29,"completion_tokens_details":{"reasoning_tokens":18}},"system_fingerprint":"vllm-0.32.0-d546c035"}""")]
    [InlineData("0.20.2", """{"choices":[],"usage":{"prompt_tokens":20,"total_tokens":49,"completion_tokens":29}}""")]
    [InlineData("0.8.5", """{"choices":[],"usage":{"prompt_tokens":20,"total_tokens":49,"completion_tokens":29}}""")]
    public async Task Usage_chunk(string version, string chunk) =>
        (await EventsAsync(version, Script.Uses(20, 29, version is "0.32.0" or "0.33.0" ? 18 : null)))[0].Should().Be(chunk);

    [Theory]
    [InlineData("0.33.0", ""","usage":{"prompt_tokens":20,"total_tokens":21,"completion_tokens":1,"completion_tokens_details":null},"kv_transfer_params":null}""")]
    [InlineData("0.32.0", ""","usage":{"prompt_tokens":20,"total_tokens":21,"completion_tokens":1,"completion_tokens_details":null}}""")]
    [InlineData("0.11.0", ""","usage":{"prompt_tokens":20,"total_tokens":21,"completion_tokens":1}}""")]
    public async Task Continuous_usage(string version, string end) =>
        (await EventsAsync(version, Script.Says("He").CountsEveryChunk(20)))[1].Should().EndWith(end);

    [Theory]
    [InlineData("0.33.0", """{"error":{"message":"The server had an error while processing your request.","type":"InternalServerError","param":null,"code":500}}""")]
    [InlineData("0.32.0", """{"error": {"message": "EngineCore encountered an issue. See stack trace (above) for the root cause.", "type": "InternalServerError", "param": null, "code": 500}}""")]
    [InlineData("0.20.2", """{"error": {"message": "EngineCore encountered an issue. See stack trace (above) for the root cause.", "type": "InternalServerError", "param": null, "code": 500}}""")]
    [InlineData("0.11.0", """{"error": {"message": "EngineCore encountered an issue. See stack trace (above) for the root cause.", "type": "BadRequestError", "param": null, "code": 400}}""")]
    [InlineData("0.8.5", """{"error": {"object": "error", "message": "Engine loop is not running. Inspect the stacktrace to find the original error: RuntimeError('Engine process died.').", "type": "BadRequestError", "param": null, "code": 400}}""")]
    public async Task Death_of_the_engine(string version, string data) =>
        (await EventsAsync(version, Script.Fails()))[0].Should().Be(data);

    [Theory]
    [InlineData("0.32.0", """{"error":{"message":"No.","type":"BadRequestError","param":"n","code":400}}""")]
    [InlineData("0.8.5", """{"object":"error","message":"No.","type":"BadRequestError","param":"n","code":400}""")]
    public async Task Error_body(string version, string body) =>
        (await BodyAsync(version, Script.Refuses(400, "No.", param: "n"))).Should().Be(body);

    [Theory]
    [InlineData("0.33.0", """{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,"annotations":null,"audio":null,"function_call":null,"reasoning":null},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null,"routed_experts":null,"weight_versions":null}],"service_tier":null,"system_fingerprint":"vllm-0.33.0-1f9e3624","usage":{"prompt_tokens":20,"total_tokens":24,"completion_tokens":4,"prompt_tokens_details":null,"completion_tokens_details":null},"prompt_logprobs":null,"prompt_token_ids":null,"prompt_text":null,"kv_transfer_params":null,"ec_transfer_params":null,"metrics":null}""")]
    [InlineData("0.32.0", """{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,"annotations":null,"audio":null,"function_call":null,"reasoning":null},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null,"routed_experts":null}],"service_tier":null,"system_fingerprint":"vllm-0.32.0-d546c035","usage":{"prompt_tokens":20,"total_tokens":24,"completion_tokens":4,"prompt_tokens_details":null,"completion_tokens_details":null},"prompt_logprobs":null,"prompt_token_ids":null,"prompt_text":null,"kv_transfer_params":null,"ec_transfer_params":null,"metrics":null}""")]
    [InlineData("0.20.2", """{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,"annotations":null,"audio":null,"function_call":null,"tool_calls":[],"reasoning":null},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}],"service_tier":null,"system_fingerprint":null,"usage":{"prompt_tokens":20,"total_tokens":24,"completion_tokens":4,"prompt_tokens_details":null},"prompt_logprobs":null,"prompt_token_ids":null,"kv_transfer_params":null}""")]
    [InlineData("0.11.0", """{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,"annotations":null,"audio":null,"function_call":null,"tool_calls":[],"reasoning_content":null},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}],"service_tier":null,"system_fingerprint":null,"usage":{"prompt_tokens":20,"total_tokens":24,"completion_tokens":4,"prompt_tokens_details":null},"prompt_logprobs":null,"prompt_token_ids":null,"kv_transfer_params":null}""")]
    [InlineData("0.8.5", """{"choices":[{"index":0,"message":{"role":"assistant","reasoning_content":null,"content":"Hi","tool_calls":[]},"logprobs":null,"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":20,"total_tokens":24,"completion_tokens":4,"prompt_tokens_details":null},"prompt_logprobs":null}""")]
    public async Task Whole_reply(string version, string body) =>
        (await BodyAsync(version, Script.Says("Hi").Finishes("stop").Uses(20, 4).Whole())).Should().Be(body);

    [Theory]
    [InlineData("", true)]
    [InlineData(""","stream_options":{"include_usage":true}""", false)]
    public async Task The_fingerprint_is_on_the_finish_chunk_unless_a_usage_chunk_was_asked_for(string options, bool there)
    {
        using var vllm = Open("0.32.0", Script.Finishes("stop"));
        using HttpClient http = vllm.CreateHttpClient();

        Seen seen = await Wire.ReadAsync(http, Wire.Streamed[..^1] + options + "}");

        (seen.Chunks[^1]["system_fingerprint"] is not null).Should().Be(there);
    }

    [Theory]
    [InlineData("0.33.0", true)]
    [InlineData("0.32.0", true)]
    [InlineData("0.11.0", false)]
    public async Task Vary_header(string version, bool sent)
    {
        using var vllm = Open(version, Script.Says("x"));
        using HttpClient http = vllm.CreateHttpClient();
        using HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed);

        response.Headers.Vary.Contains("Origin").Should().Be(sent);
    }

    private static FakeVllm Open(string version, ScriptedReply script) =>
        FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.All.Single(one => one.Version == version) }, script);

    private static async Task<string> BodyAsync(string version, ScriptedReply script)
    {
        using var vllm = Open(version, script);
        using HttpClient http = vllm.CreateHttpClient();
        string body = (await Wire.ReadAsync(http, Wire.Streamed)).Body;
        return Regex.Replace(body, "\"id\":\"chatcmpl-[0-9a-f]+\",\"object\":\"chat\\.completion(\\.chunk)?\",\"created\":\\d+,\"model\":\"fake-model\",", "");
    }

    private static async Task<string[]> EventsAsync(string version, ScriptedReply script) =>
        [.. (await BodyAsync(version, script)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(one => one["data: ".Length..])];
}
