using System.Text.Json.Nodes;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Server;

public sealed class RequestPlanTests
{
    // FakeVllm counts this prompt; the window leaves a known room beside it.
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Tell me about llamas, please.");

    public static TheoryData<string, bool, int?, PlanSource, MaxTokensHandling, string?> Servers => new()
    {
        // version, renders, asked (relative to the room of 50), source, treatment, what the fitted request asks for
        { "0.32.0", true, 50, PlanSource.Render, MaxTokensHandling.Granted, "50" },
        { "0.32.0", true, 51, PlanSource.Render, MaxTokensHandling.Lowered, "50" },
        { "0.32.0", true, null, PlanSource.Render, MaxTokensHandling.Filled, "none" },
        { "0.32.0", true, 5000, PlanSource.Tokenize, MaxTokensHandling.Refused, "50" },
        { "0.32.0", false, 50, PlanSource.Tokenize, MaxTokensHandling.Granted, "50" },
        { "0.32.0", false, 51, PlanSource.Tokenize, MaxTokensHandling.Lowered, "50" },
        { "0.32.0", false, null, PlanSource.Tokenize, MaxTokensHandling.Filled, "none" },
        { "0.32.0", false, 5000, PlanSource.Tokenize, MaxTokensHandling.Refused, "50" },
        { "0.20.2", false, 51, PlanSource.Tokenize, MaxTokensHandling.Refused, "50" },
        { "0.11.0", false, 51, PlanSource.Tokenize, MaxTokensHandling.Refused, "50" },
        { "0.8.5", false, 51, PlanSource.Tokenize, MaxTokensHandling.Refused, "50" },
        { "0.8.5", false, 50, PlanSource.Tokenize, MaxTokensHandling.Granted, "50" },
    };

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task The_plan_says_what_the_server_will_do_and_the_server_does_it(
        string version, bool renders, int? asked, PlanSource source, MaxTokensHandling treatment, string? fitted)
    {
        VllmProfile profile = VllmProfile.All.Single(one => one.Version == version);
        int prompt = await PromptTokens(profile);
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = profile, ScaleOut = renders, ContextWindow = prompt + 50 });
        VllmInferenceAdapter adapter = VllmServerTests.AdapterOf(vllm);

        RequestPlan plan = await adapter.Server.PlanAsync(Hello with { MaxTokens = asked });

        (plan.Source, plan.Handling, plan.PromptTokens, plan.Room, plan.RequestedMaxTokens, plan.PromptIsLowerBound)
            .Should().Be((source, treatment, prompt, 50, asked, false), plan.Explain());
        (plan.Fitted!.MaxTokens?.ToString() ?? "none").Should().Be(fitted);
        Func<Task> sending = () => adapter.CompleteChatAsync(Hello with { MaxTokens = asked });
        if (treatment == MaxTokensHandling.Refused)
            (await sending.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.ContextWindowExceeded);
        else
            await sending.Should().NotThrowAsync();

        await adapter.Invoking(one => one.CompleteChatAsync(plan.Fitted)).Should().NotThrowAsync();
    }

    [Theory]
    [InlineData("0.32.0", true)]
    [InlineData("0.32.0", false)]
    [InlineData("0.8.5", false)]
    public async Task A_prompt_that_fills_the_window_has_no_request_that_fits(string version, bool renders)
    {
        VllmProfile profile = VllmProfile.All.Single(one => one.Version == version);
        int prompt = await PromptTokens(profile);
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = profile, ScaleOut = renders, ContextWindow = prompt });

        RequestPlan plan = await VllmServerTests.AdapterOf(vllm).Server.PlanAsync(Hello);

        (plan.Handling, plan.Room, plan.PromptTokens, plan.Fitted, plan.GrantedMaxTokens)
            .Should().Be((MaxTokensHandling.Refused, 0, prompt, null, null), plan.Explain());
        plan.Explain().Should().EndWith("shorten the messages.");
    }

    [Fact]
    public async Task Behind_a_gateway_that_passes_nothing_on_only_max_tokens_is_known()
    {
        var gateway = new CannedServer { Status = 404, ContentType = "text/plain", Pieces = [] };

        RequestPlan plan = await gateway.NewAdapter(new VllmAdapterOptions { ContextWindow = 2048 }).Server.PlanAsync(Hello with { MaxTokens = 100 });

        (plan.Source, plan.Handling, plan.PromptTokens, plan.ContextWindow, plan.Room)
            .Should().Be((PlanSource.Unknown, MaxTokensHandling.Unknown, null, 2048, null));
        plan.Fitted!.MaxTokens.Should().Be(100);
        plan.Explain().Should().Be("A prompt of unknown length in a context window of 2,048 (the server counts no prompts). "
            + "What the server will do with max tokens is not known.");
    }

    [Fact]
    public async Task A_request_refused_for_another_reason_is_no_plan()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { ScaleOut = true });
        Func<Task> planning = () => VllmServerTests.AdapterOf(vllm).Server.PlanAsync(Hello with { Sampling = new() { Temperature = 99 } });

        (await planning.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.BadRequest);
    }

    [Theory]
    [InlineData("0.8.5", true)]
    [InlineData("0.20.2", true)]
    [InlineData(null, true)]
    [InlineData("0.32.0", false)]
    public void Tools_may_be_missing_from_the_count(string? version, bool isLowerBound)
    {
        PlanFacts facts = Facts(asked: 10, version);
        facts = facts with { Request = facts.Request with { Tools = [new ToolDefinition { Name = "f" }] } };
        RequestPlan plan = facts.ToPlan();

        plan.PromptIsLowerBound.Should().Be(isLowerBound);
        plan.Handling.Should().Be(isLowerBound ? MaxTokensHandling.Unknown : MaxTokensHandling.Granted);
    }

    [Fact]
    public void A_picture_is_more_than_its_placeholder()
    {
        PlanFacts facts = Facts(asked: 10, "0.32.0");
        facts = facts with { Request = facts.Request with { Messages = [VllmMessage.User("Look.", new ImagePart("http://images.test/a.png"))] } };

        facts.ToPlan().PromptIsLowerBound.Should().BeTrue();
    }

    [Theory]
    [InlineData("0.25.0")]
    [InlineData(null)]
    public void A_version_that_nobody_watched_may_refuse_or_lower(string? version) =>
        Facts(asked: 60, version).ToPlan().Handling.Should().Be(MaxTokensHandling.Unknown);

    [Fact]
    public void A_cap_in_extra_gives_way_to_the_one_that_fits()
    {
        PlanFacts facts = Facts(asked: 60, "0.32.0");
        var extra = new JsonObject { ["max_completion_tokens"] = 60, ["max_tokens"] = 70, ["seed"] = 1 };
        facts = facts with { Request = facts.Request with { Extra = extra } };

        ChatRequest fitted = facts.ToPlan().Fitted!;

        (fitted.MaxTokens, fitted.Extra!.ToJsonString()).Should().Be((50, """{"seed":1}"""));
        extra.Should().HaveCount(3);
    }

    [Fact]
    public void A_cap_beyond_any_window_is_left_out_when_the_prompt_is_not_known()
    {
        RequestPlan plan = new PlanFacts { Request = Hello with { MaxTokens = 5000 }, RequestedMaxTokens = 5000, ContextWindow = 2048 }.ToPlan();

        (plan.Handling, plan.Fitted!.MaxTokens).Should().Be((MaxTokensHandling.Refused, null));
        plan.Explain().Should().EndWith("leave max tokens out.");
    }

    private static PlanFacts Facts(int? asked, string? version) => new()
    {
        Request = Hello with { MaxTokens = asked },
        RequestedMaxTokens = asked,
        ContextWindow = 100,
        Counted = new TokenizeResult { Count = 50 },
        Version = version is null ? null : new ServerVersion(version),
    };

    private static async Task<int> PromptTokens(VllmProfile profile)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = profile });
        return (await VllmServerTests.AdapterOf(vllm).Server.TokenizeAsync(Hello)).Count;
    }
}
