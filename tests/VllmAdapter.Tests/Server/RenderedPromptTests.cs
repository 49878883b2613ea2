using System.Text;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Server;

public sealed class RenderedPromptTests
{
    private const string Early = """[[{"role":"user","content":"Hello."}],[{"prompt":"<|im_start|>user\nHello.","prompt_token_ids":[1,1560,201]}]]""";

    /// <summary>vLLM 0.15.1 answers with the conversation and the prompts made of it.</summary>
    [Fact]
    public async Task The_early_shape_has_the_tokens_and_no_parameters()
    {
        RenderedPrompt rendered = await RenderAsync(Early);

        rendered.TokenIds.Should().Equal(1, 1560, 201);
        (rendered.MaxTokens, rendered.Sampling.Count).Should().Be((null, 0));
    }

    [Theory]
    [InlineData("""{"token_ids":[1],"sampling_params":{"a":1,"a":2}}""", """{"a":2}""")]
    [InlineData("""{"token_ids":[1],"sampling_params":{"a":{"b":1,"b":2},"c":[{"d":1,"d":"x"}]}}""", """{"a":{"b":2},"c":[{"d":"x"}]}""")]
    [InlineData("""{"token_ids":[1],"sampling_params":null}""", "{}")]
    [InlineData("""{"token_ids":[1],"sampling_params":[1]}""", "{}")]
    [InlineData("""{"token_ids":[1]}""", "{}")]
    public async Task Of_a_parameter_that_is_there_twice_the_last_one_counts(string body, string sampling) =>
        (await RenderAsync(body)).Sampling.ToJsonString().Should().Be(sampling);

    [Theory]
    [InlineData("200", 200)]
    [InlineData("-5", null)]
    [InlineData("1e30", null)]
    [InlineData("null", null)]
    [InlineData("{}", null)]
    public async Task Max_tokens_is_a_number_of_tokens(string written, int? maxTokens) =>
        (await RenderAsync($$$"""{"token_ids":[1],"sampling_params":{"max_tokens":{{{written}}}}}""")).MaxTokens.Should().Be(maxTokens);

    [Theory]
    [InlineData("[]")]
    [InlineData("[[],[]]")]
    [InlineData("[[],[{}]]")]
    [InlineData("[[],{}]")]
    [InlineData("{}")]
    [InlineData("""{"token_ids":7}""")]
    [InlineData("\"prompt\"")]
    public async Task JSON_of_another_kind_is_no_rendered_prompt(string body)
    {
        Func<Task> rendering = () => RenderAsync(body);

        (await rendering.Should().ThrowAsync<VllmRequestException>()).Which.Message.Should().Contain("which is not a rendered prompt");
    }

    [Theory]
    [InlineData("0.15.1", 10, MaxTokensHandling.Granted)]
    [InlineData("0.15.1", 62, MaxTokensHandling.Refused)]
    [InlineData("0.32.0", 62, MaxTokensHandling.Lowered)]
    public async Task A_plan_on_the_early_shape_knows_the_prompt_and_asks_the_version_for_the_rest(string version, int asked, MaxTokensHandling treatment)
    {
        using var http = new HttpClient(new ByPath(path => path switch
        {
            "/v1/chat/completions/render" => Early,
            "/version" => $$"""{"version":"{{version}}"}""",
            _ => """{"data":[{"id":"m","max_model_len":64}]}""",
        }));
        var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") });

        RequestPlan plan = await adapter.Server.PlanAsync(ChatRequest.FromPrompt("Hello.") with { MaxTokens = asked });

        (plan.Source, plan.PromptTokens, plan.PromptIsLowerBound, plan.Handling).Should().Be((PlanSource.Render, 3, false, treatment), plan.Explain());
    }

    private static Task<RenderedPrompt> RenderAsync(string body) =>
        new CannedServer { ContentType = "application/json", Pieces = [Encoding.UTF8.GetBytes(body)] }.NewAdapter()
            .Server.RenderAsync(ChatRequest.FromPrompt("Hello."));

    private sealed class ByPath(Func<string, string> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage
            {
                RequestMessage = request,
                Content = new StringContent(answer(request.RequestUri!.AbsolutePath), Encoding.UTF8, "application/json"),
            });
    }
}
