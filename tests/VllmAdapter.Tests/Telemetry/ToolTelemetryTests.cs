using System.Diagnostics;
using Microsoft.Extensions.Logging;
using VllmAdapter.Testing;
using static VllmAdapter.Diagnostics.VllmTelemetry;

namespace VllmAdapter.Tests.Telemetry;

[Collection(TelemetryCollection.Name)]
public sealed class ToolTelemetryTests
{
    private static readonly ScriptedReply Answer = Script.Says("It is 4.").Finishes("stop").Uses(30, 3).Done();

    [Fact]
    public async Task A_handler_that_runs_is_a_span_and_a_duration()
    {
        using var telemetry = new CapturedTelemetry("roll_dice", Attributes.ToolName);

        await RunAsync(Tool.From("roll_dice", "Rolls a dice.", () => "4"));

        telemetry.Span.DisplayName.Should().Be("execute_tool roll_dice");
        telemetry.Span.Kind.Should().Be(ActivityKind.Internal);
        telemetry.Span.Status.Should().Be(ActivityStatusCode.Unset);
        telemetry.Span.GetTagItem(Attributes.OperationName).Should().Be("execute_tool");
        telemetry.Span.GetTagItem(Attributes.ToolCallId).Should().Be("call-1");
        telemetry.Span.GetTagItem(Attributes.ToolType).Should().Be("function");
        telemetry.Measured(Instruments.ToolDuration).Should().ContainSingle().Which.Tags.Should().NotContainKey(Attributes.ErrorType);
    }

    [Fact]
    public async Task A_handler_that_fails_says_so_in_the_span_the_duration_and_the_log()
    {
        using var telemetry = new CapturedTelemetry("break_dice", Attributes.ToolName);
        using var logs = new CapturedLogs(LogLevel.Warning);

        await RunAsync(Tool.From("break_dice", "Breaks a dice.", string () => throw new FormatException("It does not break.")), logs);

        telemetry.Span.Status.Should().Be(ActivityStatusCode.Error);
        telemetry.Span.GetTagItem(Attributes.ErrorType).Should().Be("System.FormatException");
        telemetry.Measured(Instruments.ToolDuration).Should().ContainSingle().Which[Attributes.ErrorType].Should().Be("System.FormatException");
        CapturedLog failed = logs.Entries.Should().ContainSingle().Subject;
        failed.Event.Id.Should().Be(300);
        failed.Text.Should().Be("The handler of tool break_dice failed (call call-1).");
    }

    [Fact]
    public async Task What_a_handler_does_is_told_below_its_span()
    {
        using var telemetry = new CapturedTelemetry("look_around", Attributes.ToolName);
        Activity? current = null;

        await RunAsync(Tool.From("look_around", "Looks around.", () =>
        {
            current = Activity.Current;
            return "Nothing.";
        }));

        current.Should().BeSameAs(telemetry.Span);
    }

    private static async Task RunAsync(Tool tool, CapturedLogs? logs = null)
    {
        using var vllm = FakeVllm.InMemory(Script.CallsAs("call-1", tool.Name, "{}").Finishes("tool_calls").Uses(20, 5).Done(), Answer);
        using HttpClient http = vllm.CreateHttpClient();
        var adapter = new VllmInferenceAdapter(http, logger: logs?.ForAdapter());

        ToolLoopResult result = await new ToolLoop(adapter, [tool]).CompleteAsync(ChatRequest.FromPrompt("Go."));

        result.Verdict.Should().Be(ToolLoopVerdict.Answered);
    }
}
