namespace VllmAdapter;

/// <summary>Hands out chunks in the terms of another route, without any waiting of its own.</summary>
internal sealed class MappedChunks<T>(IAsyncEnumerator<ChatChunk> chunks, Func<ChatChunk, T> map) : IAsyncEnumerator<T>
    where T : class
{
    private ChatChunk? _mapped;
    private T? _current;

    public T Current
    {
        get
        {
            ChatChunk chunk = chunks.Current;
            if (!ReferenceEquals(chunk, _mapped))
                (_mapped, _current) = (chunk, map(chunk));

            return _current!;
        }
    }

    public ValueTask<bool> MoveNextAsync() => chunks.MoveNextAsync();

    public ValueTask DisposeAsync() => chunks.DisposeAsync();
}
