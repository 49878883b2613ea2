using Microsoft.Extensions.Logging;
using VllmAdapter.Testing;
using static VllmAdapter.Diagnostics.VllmTelemetry;

namespace VllmAdapter.Tests.Telemetry;

/// <summary>What becomes of the words of a server that are no content: they are bounded, on one line, and hold neither the key nor the prompt.</summary>
[Collection(TelemetryCollection.Name)]
public sealed class ServerWordsTests
{
    private const string Forged = "weird\\nWARN forged \\u001b[31m";

    [Fact]
    public async Task No_word_forges_a_line_or_makes_it_long()
    {
        using var logs = new CapturedLogs(LogLevel.Debug);
        using var call = new ObservedCall(Reply(Forged + new string('x', 100_000)), logs: logs);
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        logs.Entries.Should().ContainSingle(entry => entry.Event.Id == 200).Which.Text.Should().Contain("finish reason weird WARN forged");
        logs.Entries.Should().OnlyContain(entry => entry.Text.Length < 1_000 && !entry.Text.Contains('\n') && !entry.Text.Contains('\u001b'));
        SpanTexts(telemetry).Should().OnlyContain(text => text.Length <= 201 && !text.Contains('\n') && !text.Contains('\u001b'));
    }

    [Theory]
    [InlineData("sk-secret")]
    [InlineData("""sk\\u002dsecret""")]
    [InlineData("c2stc2VjcmV0")]
    [InlineData("73-6B-2D-73-65-63-72-65-74")]
    public async Task The_key_is_in_no_line_span_or_measurement(string spelling)
    {
        using var logs = new CapturedLogs(LogLevel.Debug);
        using var call = new ObservedCall(Reply(spelling), logs: logs);
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        string shown = spelling.Replace("\\\\", "\\", StringComparison.Ordinal);
        logs.Everything.Should().Contain("finish reason ***").And.NotContain(shown);
        SpanTexts(telemetry).Should().Contain("***").And.NotContain(text => text.Contains(shown));
        telemetry.Measured(Instruments.OperationDuration).Should().ContainSingle().Which[Attributes.ResponseModel].Should().BeNull();
    }

    [Theory]
    [InlineData("granite", "granite")]
    [InlineData("granite-3.3@2026-11:int4/a_b+c", "granite-3.3@2026-11:int4/a_b+c")]
    [InlineData("two words", null)]
    [InlineData("line\\nend", null)]
    [InlineData("", null)]
    public async Task A_measurement_names_a_model_only_by_what_reads_like_a_name(string model, string? measured)
    {
        using var call = new ObservedCall(Reply("stop", model));
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        telemetry.Measured(Instruments.OperationDuration).Should().ContainSingle().Which[Attributes.ResponseModel].Should().Be(measured);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task A_measurement_names_no_model_of_endless_length(int length, bool isNamed)
    {
        string model = new('m', length);
        using var call = new ObservedCall(Reply("stop", model));
        using var telemetry = new CapturedTelemetry(call.Server);

        await call.RunAsync();

        telemetry.Measured(Instruments.OperationDuration).Should().ContainSingle().Which[Attributes.ResponseModel].Should().Be(isNamed ? model : null);
    }

    [Theory]
    [InlineData(503, 3)]
    [InlineData(400, 1)]
    public async Task A_refusal_that_repeats_prompt_and_key_logs_neither(int status, int attempts)
    {
        const string Prompt = "my account is 4711-0815";
        using var logs = new CapturedLogs(LogLevel.Debug);
        using var call = new ObservedCall(
            Script.Replies(status, $"Cannot take '{Prompt}' of sk-secret\nWARN forged", "text/plain"), logs: logs);

        await call.RunAsync(ChatRequest.FromPrompt(Prompt));

        logs.Entries.Should().Contain(entry => entry.Event.Id == 120).And.HaveCount((2 * attempts));
        logs.Everything.Should().Contain("Cannot take '[…]' of *** WARN forged").And.NotContainAny("4711", "sk-secret");
    }

    private static ScriptedReply Reply(string word, string? model = null)
    {
        string chunk = $$$"""{"id":"{{{word}}}","model":"{{{model ?? word}}}","system_fingerprint":"{{{word}}}","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"{{{word}}}"}]}""";
        return Script.Sends($"data: {chunk}\n\ndata: [DONE]\n\n");
    }

    private static List<string> SpanTexts(CapturedTelemetry telemetry) =>
        [.. telemetry.Span.TagObjects.SelectMany(tag => tag.Value is string[] several ? several : [tag.Value?.ToString() ?? ""])];
}
