namespace VllmAdapter;

/// <summary>What ends a reply from outside: the caller's tokens, and the policy's word.</summary>
internal sealed class HangUp(CancellationToken callersToken, CancellationToken enumeratorsToken) : IDisposable
{
    public CancellationTokenSource Source { get; } = CancellationTokenSource.CreateLinkedTokenSource(callersToken, enumeratorsToken);

    public CancellationToken Token => Source.Token;

    public bool IsRequested => Source.IsCancellationRequested;

    public bool IsTheCallers => callersToken.IsCancellationRequested || enumeratorsToken.IsCancellationRequested;

    /// <summary>What the caller is to catch, with his own token in it.</summary>
    public OperationCanceledException ToException() => new(callersToken.IsCancellationRequested ? callersToken : enumeratorsToken);

    public void Dispose() => Source.Dispose();
}
