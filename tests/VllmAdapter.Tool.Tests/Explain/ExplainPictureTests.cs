using Spectre.Console;
using Spectre.Console.Testing;

namespace VllmAdapter.Tool.Tests.Explain;

public sealed class ExplainPictureTests
{
    [Theory]
    [InlineData("explain-cut-call", "vllm-0.8.5/hermes/tools-cut-at-22")]
    [InlineData("explain-cut-behind-proxy", "behind-proxies/caddy-2.6.2/as-installed/killed-inside-call")]
    public async Task The_pictures_in_the_documents_are_what_explain_prints(string picture, string recording)
    {
        using var console = new TestConsole().Width(120);
        using var recorder = new Recorder(console);
        using var terminal = new Terminal { Out = recorder, Error = console };

        await new ToolApp(terminal).RunAsync(["explain", RecordingFiles.PathOf(recording)]);

        Repository.ShouldHold($"docs/images/{picture}.svg", recorder.Export(new SvgPicture()));
    }
}
