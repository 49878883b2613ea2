namespace VllmAdapter.Server;

/// <summary>The context window of a model, to be asked for beside a request: without it a call that the window cut looks whole.</summary>
internal sealed class WindowQuestion(VllmServer server, string? model)
{
    // By the end of a reply the answer is long here, or does not come.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private Task? _learning;

    /// <summary>Asks; nothing is waited for.</summary>
    public void Ask() => _learning ??= server.LearnWindowsAsync();

    /// <summary>The window, if the server reported it.</summary>
    /// <param name="clock">For how long an answer that is still under way is waited for.</param>
    public async ValueTask<int?> AnswerAsync(TimeProvider clock)
    {
        if (_learning is { IsCompleted: false } learning)
            await learning.WaitAsync(Patience, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        return server.Windows.Of(model);
    }
}
