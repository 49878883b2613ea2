namespace VllmAdapter;

/// <summary>Joins a continuation to what was handed out before it, so that no character comes twice.</summary>
/// <remarks>
/// Some chat templates (Llama 3's) trim the message that is continued, others keep it as it is. So the white space at its end is not sent,
/// the model writes it again in either case, and as much of it as was handed out already is left out here.
/// </remarks>
internal sealed class Seam(string handedOut)
{
    private int _met;
    private bool _isClosed = handedOut.Length == 0;

    /// <summary>Characters of the continuation that were left out so far.</summary>
    public int LeftOut => _met;

    public ChatChunk Join(ChatChunk chunk)
    {
        if (_isClosed || chunk.Text.Length == 0)
            return chunk;

        ReadOnlySpan<char> expected = handedOut.AsSpan(_met);
        int same = expected.CommonPrefixLength(chunk.Text);
        _met += same;
        _isClosed = same < chunk.Text.Length || _met == handedOut.Length;
        return same == 0 ? chunk : chunk with { Text = chunk.Text[same..] };
    }
}
