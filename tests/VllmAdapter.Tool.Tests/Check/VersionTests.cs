using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>What each release does wrong with the hermes parser and a model that does what it is asked: found by name, and nothing else.</summary>
public sealed class VersionTests
{
    private const string NamedUnderStop = "named-call-under-stop";

    public static TheoryData<string, string[]> KnownFaults => new()
    {
        { "0.33.0", [NamedUnderStop] },
        { "0.32.0", [NamedUnderStop] },
        { "0.20.2", ["cut-masked", NamedUnderStop] },
        { "0.11.0", ["cut-call-looks-whole", "cut-masked", "calls-under-stop", NamedUnderStop] },
        {
            "0.8.5",
            [
                "cut-call-looks-whole", "cut-masked", "finish-reason-missing", "cut-undeclared", "constraint-ignored",
                "call-id-missing", "calls-under-stop", "tokenize-disagrees", NamedUnderStop,
            ]
        },
    };

    [Theory]
    [MemberData(nameof(KnownFaults))]
    public async Task Every_known_fault_of_a_version_is_found_and_no_other(string version, string[] found)
    {
        using FakeVllm server = ServerOf(version);

        CheckReport report = await server.CheckAsync();

        report.IdsOf(Severity.Info).Should().Equal(found);
    }

    [Fact]
    public async Task A_healthy_server_has_nothing_above_info_and_code_0()
    {
        using FakeVllm server = ServerOf("0.33.0");

        CheckReport report = await server.CheckAsync();

        report.Worst.Should().Be(Severity.Info);
        report.ExitCode.Should().Be(ExitCode.Ok);
        report.Probes.Should().HaveCount(AllProbes.Full.Count);
    }

    [Fact]
    public async Task The_quick_check_finds_the_worst_of_it()
    {
        using FakeVllm server = ServerOf("0.8.5");

        CheckReport report = await server.CheckAsync(AllProbes.Quick);

        report.IdsOf(Severity.Fault).Should().Equal("finish-reason-missing", "cut-undeclared");
        report.ExitCode.Should().Be(ExitCode.Found);
    }

    [Fact]
    public async Task Over_sockets_it_finds_the_same()
    {
        await using FakeVllm server = await FakeVllm.StartAsync(ObedientModel.Answer);

        CheckReport report = await server.CheckAsync();

        report.IdsOf(Severity.Info).Should().Equal(NamedUnderStop);
        server.Aborted.Should().Be(1); // the one that hung up
    }

    // 0.8.5 does not know structured_outputs.
    private static FakeVllm ServerOf(string version) => FakeVllm.InMemory(
        new FakeVllmOptions { Profile = VllmProfile.All.Single(profile => profile.Version == version) },
        version == "0.8.5" ? ObedientModel.AnswerUnconstrained : ObedientModel.Answer);
}
