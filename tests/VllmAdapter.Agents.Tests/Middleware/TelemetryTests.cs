using System.Diagnostics;
using Microsoft.Extensions.AI;
using OpenTelemetry;
using OpenTelemetry.Trace;
using VllmAdapter.Agents.Tests.Recorded;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Middleware;

/// <summary>What the spans and the log of Microsoft.Extensions.AI show of a turn.</summary>
public sealed class TelemetryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_span_names_the_provider_the_usage_and_how_the_turn_ended(bool isStreamed)
    {
        using var play = new ScriptedChat(ForgetsItsFinishReason);

        Activity span = (await SpansAsync(play, isStreamed)).Single();

        span.GetTagItem("gen_ai.provider.name").Should().Be("vllm");
        span.GetTagItem("gen_ai.usage.output_tokens").Should().Be(4);
        span.GetTagItem("gen_ai.response.finish_reasons").Should().BeAssignableTo<string>().Which.Should().Contain("unconfirmed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_broken_stream_is_an_error_of_its_span(bool isStreamed)
    {
        using var play = new ScriptedChat(Script.Says("It is ").Cuts());

        Activity span = (await SpansAsync(play, isStreamed)).Single();

        span.Status.Should().Be(ActivityStatusCode.Error);
        span.GetTagItem("error.type").Should().Be(typeof(IncompleteStreamException).FullName);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_log_of_everything_holds_the_answer(bool isStreamed)
    {
        using var log = new ListedLog();
        using var play = new ScriptedChat(Script.Says("It is ", "sunny.").Finishes("stop").Uses(20, 4).Done());

        await play.Client.AsBuilder().UseLogging(log).Build().AskAsync(isStreamed, "Paris?");

        string.Concat(log.Lines).Should().Contain("sunny.").And.Contain("Completed", "the outcome is there in words");
    }

    private static async Task<List<Activity>> SpansAsync(ScriptedChat play, bool isStreamed)
    {
        string source = $"{nameof(TelemetryTests)}-{Guid.NewGuid():N}";
        List<Activity> spans = [];
        using TracerProvider provider = Sdk.CreateTracerProviderBuilder().AddSource(source).AddInMemoryExporter(spans).Build();
        using IChatClient chat = play.Client.AsBuilder().UseOpenTelemetry(sourceName: source).Build();
        try
        {
            await chat.AskAsync(isStreamed, "Paris?");
        }
        catch (IncompleteStreamException)
        {
            // The span tells of it.
        }

        return spans;
    }
}
