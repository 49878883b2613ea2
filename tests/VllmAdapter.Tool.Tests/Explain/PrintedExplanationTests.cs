namespace VllmAdapter.Tool.Tests.Explain;

/// <summary>What <c>explain</c> prints of recorded answers, word for word.</summary>
public sealed class PrintedExplanationTests
{
    public static TheoryData<string, string, int> Recordings => new()
    {
        { "plain-stop", "vllm-0.32.0/general/plain-stop", 0 },
        { "call-without-a-finish-reason", "vllm-0.8.5/granite/tools-zero-argument", 0 },
        { "cut-call-that-looks-whole", "vllm-0.8.5/hermes/tools-cut-at-22", 1 },
        { "engine-dies", "vllm-0.33.0/faults/engine-dies-mid-stream", 1 },
        { "silent-after-sigterm", "vllm-0.33.0/faults/server-sigterm-mid-stream", 1 },
        { "three-calls", "vllm-0.33.0/hermes/tools-parallel", 0 },
        { "two-choices-cut", "vllm-0.33.0/general/two-choices-length", 1 },
        { "reasoning-and-no-answer", "vllm-0.33.0/reasoning-qwen3/reasoning-only", 1 },
        { "call-cut-behind-caddy", "behind-proxies/caddy-2.6.2/as-installed/killed-inside-call", 1 },
        { "proxy-writes-into-the-stream", "behind-proxies/http-proxy-1.18.1/as-documented/reset-mid-stream", 1 },
        { "call-left-in-the-text", "after-reports/call-markup-in-the-text", 1 },
        { "refused", "vllm-0.33.0/refusals/n-1", 1 },
    };

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Says_why_in_these_words(string expected, string recording, int code)
    {
        ToolRun run = await ToolRun.OfAsync(["explain", RecordingFiles.PathOf(recording)]);

        string printed = string.Join('\n', run.Out.Split('\n').Select(line => line.TrimEnd())).Trim() + "\n";
        Repository.ShouldHold($"tests/VllmAdapter.Tool.Tests/Explain/Expected/{expected}.txt", printed);
        run.Error.Should().BeEmpty();
        run.Code.Should().Be(code);
    }
}
