using VllmAdapter.Testing;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Server;

public sealed class LearnedOnceTests
{
    private readonly ManualTimeProvider _clock = new();
    private int _asked;

    [Fact]
    public async Task Many_who_want_to_know_wait_for_one_answer()
    {
        var answer = new TaskCompletionSource();
        var learning = new LearnedOnce(() => Ask(answer.Task), _clock);

        Task[] waiting = [.. Enumerable.Range(0, 20).Select(_ => Task.Run(learning.LearnAsync))];
        answer.SetResult();
        await Task.WhenAll(waiting);
        await learning.LearnAsync();

        _asked.Should().Be(1);
    }

    [Fact]
    public async Task An_answer_is_for_ever()
    {
        var learning = new LearnedOnce(() => Ask(Task.CompletedTask), _clock);
        await learning.LearnAsync();
        _clock.Advance(TimeSpan.FromDays(1));

        await learning.LearnAsync();

        _asked.Should().Be(1);
    }

    [Fact]
    public async Task A_failure_is_no_failure_of_those_who_wait_and_is_not_repeated_for_a_while()
    {
        var learning = new LearnedOnce(() => Ask(Task.FromException(new InvalidOperationException("no"))), _clock);

        await learning.LearnAsync();
        await learning.LearnAsync();
        _clock.Advance(LearnedOnce.Pause - TimeSpan.FromTicks(1));
        await learning.LearnAsync();
        _asked.Should().Be(1);
        _clock.Advance(TimeSpan.FromTicks(1));
        await learning.LearnAsync();
        await learning.LearnAsync();

        _asked.Should().Be(2);
    }

    [Fact]
    public async Task What_throws_at_once_fails_nobody_either()
    {
        var learning = new LearnedOnce(() => throw new InvalidOperationException("no"), _clock);

        await learning.Awaiting(one => one.LearnAsync()).Should().NotThrowAsync();
    }

    [Fact]
    public async Task A_server_tells_its_windows_with_one_question()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = "tiny", ContextWindow = 2048 });
        VllmServer server = VllmServerTests.AdapterOf(vllm).Server;

        await Task.WhenAll(server.LearnWindowsAsync(), server.LearnWindowsAsync());

        (server.Windows.Of("tiny"), server.Windows.Of(null), vllm.Requests.Count).Should().Be((2048, 2048, 1));
    }

    [Fact]
    public async Task A_server_that_keeps_silent_is_waited_for_no_longer_than_a_call_may_take()
    {
        VllmServer server = new CannedServer { ContentType = "application/json", Ending = BodyEnding.Silent }.NewAdapter().Server;

        await server.LearnWindowsAsync();

        server.Windows.Of(null).Should().BeNull();
    }

    private Task Ask(Task answer)
    {
        Interlocked.Increment(ref _asked);
        return answer;
    }
}
