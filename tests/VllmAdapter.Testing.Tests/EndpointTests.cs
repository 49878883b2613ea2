using System.Net;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing.Tests;

public sealed class EndpointTests
{
    private const string Messages = """[{"role":"user","content":"hello there"}]""";
    private const string Tools = """[{"type":"function","function":{"name":"get_weather"}}]""";

    [Fact]
    public async Task Models_lists_the_served_model_with_its_window()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = "granite", ContextWindow = 2048 });
        using HttpClient http = vllm.CreateHttpClient();

        JsonNode card = (await Wire.GetAsync(http, "/v1/models")).Json["data"]!.AsArray().Should().ContainSingle().Which!;

        ((string?)card["id"]).Should().Be("granite");
        card["max_model_len"]!.GetValue<int>().Should().Be(2048);
        ((string?)card["owned_by"]).Should().Be("vllm");
    }

    [Fact]
    public async Task A_lora_adapter_can_be_loaded_used_and_unloaded()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = "granite" });
        using HttpClient http = vllm.CreateHttpClient();
        const string lora = """{"lora_name":"poet","lora_path":"poet-lora"}""";
        const string chat = """{"model":"poet","messages":[{"role":"user","content":"Hi"}]}""";

        (await Wire.ReadAsync(http, chat)).Status.Should().Be(HttpStatusCode.NotFound);
        (await Wire.ReadAsync(http, lora, "v1/load_lora_adapter")).Body.Should().Be("Success: LoRA adapter 'poet' added successfully.");
        (await Wire.ReadAsync(http, lora, "v1/load_lora_adapter")).Status.Should().Be(HttpStatusCode.BadRequest);
        (await Wire.ReadAsync(http, chat)).Status.Should().Be(HttpStatusCode.OK);
        JsonNode card = (await Wire.GetAsync(http, "/v1/models")).Json["data"]![1]!;
        ((string?)card["parent"]).Should().Be("granite");
        card["max_model_len"].Should().BeNull("a LoRA card leaves the window to its parent");
        (await Wire.ReadAsync(http, """{"lora_name":"poet"}""", "v1/unload_lora_adapter")).Status.Should().Be(HttpStatusCode.OK);
        (await Wire.ReadAsync(http, """{"lora_name":"poet"}""", "v1/unload_lora_adapter")).Status.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Detokenize_gives_back_what_tokenize_took()
    {
        using var vllm = FakeVllm.InMemory();
        using HttpClient http = vllm.CreateHttpClient();
        const string text = "Grüße, 你好 🙂: understandable <|im_end|>";

        JsonNode tokens = (await Wire.ReadAsync(http, new JsonObject { ["prompt"] = text, ["return_token_strs"] = true }.ToJsonString(), "tokenize")).Json;
        JsonNode back = (await Wire.ReadAsync(http, new JsonObject { ["tokens"] = tokens["tokens"]!.DeepClone() }.ToJsonString(), "detokenize")).Json;

        ((string?)back["prompt"]).Should().Be(text);
        tokens["count"]!.GetValue<int>().Should().Be(tokens["tokens"]!.AsArray().Count).And.Be(tokens["token_strs"]!.AsArray().Count);
        string.Concat(tokens["token_strs"]!.AsArray().Select(token => (string?)token)).Should().Be(text);
    }

    [Fact]
    public async Task Tokenize_render_and_chat_count_a_prompt_alike()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { ScaleOut = true });
        using HttpClient http = vllm.CreateHttpClient();
        string request = $"{{\"messages\":{Messages},\"tools\":{Tools}}}";

        int tokenized = (await Wire.ReadAsync(http, request, "tokenize")).Json["count"]!.GetValue<int>();
        JsonNode rendered = (await Wire.ReadAsync(http, request, "v1/chat/completions/render")).Json;
        JsonNode answered = (await Wire.ReadAsync(http, request)).Json;

        rendered["token_ids"]!.AsArray().Should().HaveCount(tokenized);
        rendered["sampling_params"]!["max_tokens"]!.GetValue<int>().Should().Be(32_768 - tokenized);
        answered["usage"]!["prompt_tokens"]!.GetValue<int>().Should().Be(tokenized);
    }

    [Fact]
    public async Task Tokenize_of_0_8_5_leaves_the_tools_out()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.V0_8 });
        using HttpClient http = vllm.CreateHttpClient();

        JsonNode with = (await Wire.ReadAsync(http, $"{{\"messages\":{Messages},\"tools\":{Tools}}}", "tokenize")).Json;
        JsonNode without = (await Wire.ReadAsync(http, $"{{\"messages\":{Messages}}}", "tokenize")).Json;

        with.ToJsonString().Should().Be(without.ToJsonString());
        with["token_strs"].Should().BeNull();
    }

    [Theory]
    [InlineData("0.32.0", false, HttpStatusCode.Forbidden)]
    [InlineData("0.32.0", true, HttpStatusCode.OK)]
    [InlineData("0.8.5", true, HttpStatusCode.NotFound)]
    public async Task Render_is_there_only_where_the_server_offers_it(string version, bool scaleOut, HttpStatusCode status)
    {
        var profile = VllmProfile.All.Single(one => one.Version == version);
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = profile, ScaleOut = scaleOut });
        using HttpClient http = vllm.CreateHttpClient();

        (await Wire.ReadAsync(http, $"{{\"messages\":{Messages}}}", "v1/chat/completions/render")).Status.Should().Be(status);
    }

    [Theory]
    [InlineData("/health", 200, "")]
    [InlineData("/ping", 200, "")]
    [InlineData("/version", 200, """{"version":"0.20.2"}""")]
    [InlineData("/load", 200, """{"server_load":0}""")]
    [InlineData("/v1/nope", 404, """{"detail":"Not Found"}""")]
    [InlineData("/v1/chat/completions", 405, """{"detail":"Method Not Allowed"}""")]
    public async Task The_small_endpoints_answer_as_vLLM_does(string path, int status, string body)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.V0_20 });
        using HttpClient http = vllm.CreateHttpClient();

        Seen seen = await Wire.GetAsync(http, path);

        ((int)seen.Status).Should().Be(status);
        seen.Body.Should().Be(body);
    }

    [Fact]
    public async Task Load_and_metrics_show_what_is_running()
    {
        using var vllm = FakeVllm.InMemory(
            new FakeVllmOptions { MaxRunning = 1 }, Script.Model.Says("one"), Script.Says("a").GoesSilent());
        using HttpClient http = vllm.CreateHttpClient();
        await Wire.ReadAsync(http, Wire.NotStreamed);
        using HttpResponseMessage running = await Wire.PostAsync(http, Wire.Streamed);
        using HttpResponseMessage waiting = await Wire.PostAsync(http, Wire.Streamed);

        (await Wire.GetAsync(http, "/load")).Body.Should().Be("""{"server_load":2}""");
        (await Wire.GetAsync(http, "/metrics")).Body.Should()
            .Contain("vllm:num_requests_running{engine=\"0\",model_name=\"fake-model\"} 1.0\n")
            .And.Contain("vllm:num_requests_waiting{engine=\"0\",model_name=\"fake-model\"} 1.0\n")
            .And.Contain("vllm:generation_tokens_total{engine=\"0\",model_name=\"fake-model\"} 2.0\n")
            .And.Contain("vllm:request_success_total{engine=\"0\",model_name=\"fake-model\",finished_reason=\"stop\"} 1.0\n");
    }
}
