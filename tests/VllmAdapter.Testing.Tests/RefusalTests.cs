using System.Net;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing.Tests;

/// <summary>What vLLM refuses, in its own sentences: recorded of 0.8.5 and 0.32.0, of the two between where they differ.</summary>
public sealed class RefusalTests
{
    private const string Hi = """ "messages":[{"role":"user","content":"Hi"}] """;

    [Theory]
    [InlineData("0.32.0", "{\"model\":\"m\",", 400, "body.12", "JSON decode error")]
    [InlineData("0.8.5", "{\"model\":\"m\",", 400, null, "('body', 12)")]
    [InlineData("0.32.0", """{"model":"m","stream":true}""", 400, "body.messages", "'input': '<dict of 2 items>'")]
    [InlineData("0.8.5", """{"model":"m","stream":true}""", 400, null, "'input': {'model': 'm', 'stream': True}")]
    [InlineData("0.32.0", """{"messages":[]}""", 400, null, "Cannot apply chat template to an empty conversation.")]
    [InlineData("0.32.0", "{" + Hi + ""","stop":["END",""]}""", 400, null, "stop cannot contain an empty string.")]
    [InlineData("0.32.0", "{" + Hi + ""","n":0}""", 400, null, "n must be at least 1, got 0.")]
    [InlineData("0.8.5", "{" + Hi + ""","n":0}""", 400, null, "n must be at least 1, got 0.")]
    [InlineData("0.32.0", "{" + Hi + ""","n":100000}""", 400, null, "n must be at most 16384, got 100000.")]
    [InlineData("0.32.0", "{" + Hi + ""","n":2,"temperature":0}""", 400, null, "n must be 1 when using greedy sampling, got 2.")]
    [InlineData("0.32.0", "{" + Hi + ""","temperature":-2}""", 400, "temperature", "temperature must be non-negative, got -2.0. (parameter=temperature, value=-2.0)")]
    [InlineData("0.8.5", "{" + Hi + ""","temperature":-2}""", 400, null, "temperature must be non-negative, got -2.0.")]
    [InlineData("0.32.0", "{" + Hi + ""","max_tokens":0}""", 400, "max_tokens", "max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)")]
    [InlineData("0.8.5", "{" + Hi + ""","max_tokens":-1}""", 400, null, "max_tokens must be at least 1, got -1.")]
    [InlineData("0.32.0", "{" + Hi + ""","stream_options":{"include_usage":true}}""", 400, "stream_options", "Stream options can only be defined when `stream=True`.")]
    [InlineData("0.8.5", "{" + Hi + ""","stream_options":{"include_usage":true}}""", 400, null, "ValueError('Stream options can only be defined when `stream=True`.')")]
    [InlineData("0.32.0", "{" + Hi + ""","stream":true,"prompt_logprobs":1}""", 400, "prompt_logprobs", "`prompt_logprobs` are not available when `stream=True`.")]
    [InlineData("0.32.0", "{" + Hi + ""","tool_choice":"required"}""", 400, "tool_choice", "When using `tool_choice`, `tools` must be set. (parameter=tool_choice)")]
    [InlineData("0.11.0", "{" + Hi + ""","tool_choice":"required"}""", 400, null, "[{'type': 'value_error', 'loc': ('body',), 'msg': 'Value error, When using `tool_choice`, `tools` must be set.'")]
    [InlineData("0.20.2", "{" + Hi + ""","tool_choice":"required"}""", 400, null, "1 validation error:\n  {'type': 'value_error', 'loc': ('body',)")]
    [InlineData("0.32.0", "{" + Hi + ""","tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"function","function":{"name":"b"}}}""", 400, "tool_choice", "does not match any of the specified `tools` (parameter=tool_choice)")]
    [InlineData("0.32.0", """{"model":"nope","messages":[]}""", 404, "model", "The model `nope` does not exist. Valid aliases: m.")]
    [InlineData("0.8.5", """{"model":"nope","messages":[]}""", 404, null, "The model `nope` does not exist.")]
    public async Task A_bad_request_is_refused_in_the_words_of_the_version(string version, string body, int status, string? param, string sentence)
    {
        Seen seen = await AskAsync(version, body);

        seen.Status.Should().Be((HttpStatusCode)status);
        JsonNode error = ErrorOf(seen.Json, version);
        ((string?)error["message"]).Should().Contain(sentence);
        ((string?)error["param"]).Should().Be(param);
        error["code"]!.GetValue<int>().Should().Be(status);
    }

    [Theory]
    [InlineData("0.32.0", 150, null, "This model's maximum context length is 100 tokens. However, your prompt contains at least 101 input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value=101)")]
    [InlineData("0.32.0", 1, 400, "max_tokens=400 cannot be greater than max_model_len=100. Please request fewer output tokens. (parameter=max_tokens, value=400)")]
    [InlineData("0.20.2", 150, 20, "This model's maximum context length is 100 tokens. However, you requested 20 output tokens and your prompt contains at least 81 input tokens, for a total of at least 101 tokens.")]
    [InlineData("0.11.0", 150, null, "This model's maximum context length is 100 tokens. However, your request has 160 input tokens. Please reduce the length of the input messages. None")]
    [InlineData("0.11.0", 1, 90, "'max_tokens' or 'max_completion_tokens' is too large: 90. This model's maximum context length is 100 tokens and your request has 11 input tokens (90 > 100 - 11).")]
    [InlineData("0.8.5", 150, 20, "This model's maximum context length is 100 tokens. However, you requested 180 tokens (160 in the messages, 20 in the completion). Please reduce the length of the messages or completion.")]
    [InlineData("0.8.5", 1, 90, "However, you requested 101 tokens (11 in the messages, 90 in the completion).")]
    public async Task What_does_not_fit_the_context_window_is_refused_with_the_numbers(string version, int words, int? maxTokens, string sentence)
    {
        string prompt = string.Concat(Enumerable.Repeat("word", words));

        Seen seen = await AskAsync(version, $"{{\"messages\":[{{\"role\":\"user\",\"content\":\"{prompt}\"}}]{(maxTokens is null ? "" : $",\"max_tokens\":{maxTokens}")}}}");

        seen.Status.Should().Be(HttpStatusCode.BadRequest);
        ((string?)ErrorOf(seen.Json, version)["message"]).Should().Contain(sentence);
    }

    [Fact]
    public async Task Prompt_and_cap_that_only_together_exceed_the_window_are_clamped_by_0_32()
    {
        Seen seen = await AskAsync("0.32.0", "{" + Hi + ""","max_tokens":99}""");

        seen.Status.Should().Be(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("0.8.5", "", 400)]
    [InlineData("0.8.5", "{\\\"city\\\": \\\"Par", 400)]
    [InlineData("0.8.5", "{}", 200)]
    [InlineData("0.11.0", "", 200)]
    [InlineData("0.32.0", "{\\\"city\\\": \\\"Par", 200)]
    public async Task A_damaged_call_in_the_history_is_refused_by_old_servers(string version, string arguments, int status)
    {
        Seen seen = await AskAsync(
            version,
            $"{{\"messages\":[{{\"role\":\"assistant\",\"tool_calls\":[{{\"id\":\"c\",\"type\":\"function\",\"function\":{{\"name\":\"f\",\"arguments\":\"{arguments}\"}}}}]}}]}}");

        seen.Status.Should().Be((HttpStatusCode)status);
    }

    [Theory]
    [InlineData("0.32.0", "Requested sample logprobs of 99, which is greater than max allowed: 20")]
    [InlineData("0.8.5", "Cannot request more than 20 logprobs.")]
    public async Task What_only_the_engine_refuses_comes_as_the_first_event_of_a_200(string version, string sentence)
    {
        Seen seen = await AskAsync(version, "{" + Hi + ""","stream":true,"logprobs":true,"top_logprobs":99}""");

        seen.Status.Should().Be(HttpStatusCode.OK);
        ((string?)seen.Chunks[0]["error"]!["message"]).Should().Contain(sentence);
        seen.Events[1].Should().Be("[DONE]");
    }

    [Theory]
    [InlineData("/v1/models", null, HttpStatusCode.Unauthorized)]
    [InlineData("/v1/models", "wrong", HttpStatusCode.Unauthorized)]
    [InlineData("/v1/models", "secret", HttpStatusCode.OK)]
    [InlineData("/health", null, HttpStatusCode.OK)]
    public async Task A_key_guards_what_lies_under_v1(string path, string? key, HttpStatusCode status)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { ApiKey = "secret" });
        using HttpClient http = vllm.CreateHttpClient();
        if (key is not null)
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);

        Seen seen = await Wire.GetAsync(http, path);

        seen.Status.Should().Be(status);
        if (status == HttpStatusCode.Unauthorized)
            seen.Body.Should().Be("""{"error":"Unauthorized"}""");
    }

    [Theory]
    [InlineData("POST", "v1/models", "GET")]
    [InlineData("POST", "health", "GET")]
    [InlineData("DELETE", "version", "GET")]
    [InlineData("GET", "tokenize", "POST")]
    [InlineData("GET", "v1/chat/completions", "POST")]
    public async Task Another_method_is_refused_with_the_one_that_is_allowed(string method, string path, string allowed)
    {
        using var vllm = FakeVllm.InMemory();
        using HttpClient http = vllm.CreateHttpClient();

        using HttpResponseMessage response = await http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        response.StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.Should().Equal(allowed);
        (await response.Content.ReadAsStringAsync()).Should().Be("""{"detail":"Method Not Allowed"}""");
    }

    [Theory]
    [InlineData("0.32.0", 400)]
    [InlineData("0.8.5", 415)]
    public async Task Another_content_type_is_refused(string version, int status)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = Profile(version) });
        using HttpClient http = vllm.CreateHttpClient();

        using HttpResponseMessage response = await http.PostAsync(new Uri("v1/chat/completions", UriKind.Relative), new StringContent("{}"));

        ((int)response.StatusCode).Should().Be(status);
    }

    [Theory]
    [InlineData("{}", HttpStatusCode.OK)]
    [InlineData("""{"model":null}""", HttpStatusCode.OK)]
    [InlineData("""{"model":""}""", HttpStatusCode.OK)]
    [InlineData("""{"model":"fake-model"}""", HttpStatusCode.OK)]
    [InlineData("""{"model":"gpt-4o"}""", HttpStatusCode.NotFound)]
    public async Task By_default_only_its_own_model_is_served(string fields, HttpStatusCode status)
    {
        using var vllm = FakeVllm.InMemory();
        using HttpClient http = vllm.CreateHttpClient();
        JsonObject body = JsonNode.Parse(fields)!.AsObject();
        body["messages"] = JsonNode.Parse("""[{"role":"user","content":"Hi"}]""");

        Seen seen = await Wire.ReadAsync(http, body.ToJsonString());

        seen.Status.Should().Be(status);
        if (status == HttpStatusCode.NotFound)
            seen.Body.Should().Be("""{"error":{"message":"The model `gpt-4o` does not exist. Valid aliases: fake-model.","type":"NotFoundError","param":"model","code":404}}""");
    }

    [Fact]
    public async Task A_server_without_a_model_of_its_own_takes_every_name()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null });

        (await vllm.CreateAdapter(options => options.Model = "gpt-4o").CompleteChatAsync("Hi")).Text.Should().Be("You said: Hi");
    }

    private static JsonNode ErrorOf(JsonNode body, string version) => version == "0.8.5" ? body : body["error"]!;

    private static VllmProfile Profile(string version) => VllmProfile.All.Single(profile => profile.Version == version);

    private static async Task<Seen> AskAsync(string version, string body)
    {
        var options = new FakeVllmOptions { Profile = Profile(version), Model = "m", ContextWindow = 100 };
        using var vllm = FakeVllm.InMemory(options, Script.Model.Says("x"));
        using HttpClient http = vllm.CreateHttpClient();
        Seen seen = await Wire.ReadAsync(http, body);
        vllm.Requests.Should().ContainSingle();
        return seen;
    }
}
