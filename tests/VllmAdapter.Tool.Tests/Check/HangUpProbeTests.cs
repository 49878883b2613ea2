using System.Net;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

public sealed class HangUpProbeTests
{
    private static readonly IProbe[] HangUp = [new HangUpProbe()];

    [Fact]
    public async Task An_engine_that_is_free_is_told_as_a_fact()
    {
        using FakeVllm server = FakeVllm.InMemory(ObedientModel.Answer);

        CheckReport report = await server.CheckAsync(HangUp);

        report.Findings.Should().BeEmpty();
        report.Probes[0].Facts.Should().ContainSingle().Which.Should().StartWith("The engine was free within");
        server.Aborted.Should().Be(1);
    }

    [Fact]
    public async Task An_answer_that_is_written_to_its_end_shows_that_nobody_heard_the_hang_up()
    {
        using FakeVllm server = FakeVllm.InMemory(Script.Model.Says("1, 2, 3, 4"));

        CheckReport report = await server.CheckAsync(HangUp);

        report.IdsOf(Severity.Info).Should().Equal("hang-up-unheard");
    }

    [Fact]
    public async Task A_request_that_runs_on_shows_it_too()
    {
        int asked = 0;

        CheckReport report = await CheckAsync(() => $"vllm:num_requests_running {(asked++ == 0 ? 0 : 1)}\nvllm:num_requests_waiting 0\n", new HurriedClock());

        report.IdsOf(Severity.Info).Should().Equal("hang-up-unheard");
        report.Findings[0].Evidence[0].Text.Should().Contain("still running");
    }

    [Fact]
    public async Task Where_others_use_the_server_nothing_is_told()
    {
        CheckReport report = await CheckAsync(() => "vllm:num_requests_running 3\nvllm:num_requests_waiting 0\n", new HurriedClock());

        report.Findings.Should().BeEmpty();
        report.Probes[0].Untold.Should().ContainSingle().Which.Should().Contain("3 requests running");
    }

    private static async Task<CheckReport> CheckAsync(Func<string> metrics, TimeProvider clock)
    {
        using FakeVllm server = FakeVllm.InMemory(ObedientModel.Answer);
        using var http = new HttpClient(new Gateway(server.CreateHandler()) { Own = { ["/metrics"] = () => Gateway.Answer(HttpStatusCode.OK, metrics(), "text/plain") } })
        {
            BaseAddress = server.Endpoint,
        };
        return await new VllmInferenceAdapter(http).CheckAsync(HangUp, clock);
    }

    /// <summary>A second goes by at every look, and no timer waits.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds++;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
