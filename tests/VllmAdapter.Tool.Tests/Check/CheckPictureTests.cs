using Spectre.Console;
using Spectre.Console.Testing;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

public sealed class CheckPictureTests
{
    [Fact]
    public async Task The_picture_in_the_documents_is_what_the_demo_prints()
    {
        using FakeVllm server = DemoServer.Create();
        CheckReport report = await server.CheckAsync();
        using var console = new TestConsole().Width(130);
        using var recorder = new Recorder(console);

        CheckTable.Write(recorder, report);

        Repository.ShouldHold("docs/images/check.svg", recorder.Export(new SvgPicture()));
    }
}
