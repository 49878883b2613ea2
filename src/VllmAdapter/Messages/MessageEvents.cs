namespace VllmAdapter;

/// <summary>Says the events of <c>/v1/messages</c> in those of a chat.</summary>
/// <remarks>
/// vLLM makes them of a chat's, and loses some of it: a reason that is missing becomes <c>end_turn</c>, and a call that was cut is a block without a piece, closed like any
/// other (0.20.2 says <c>tool_use</c> of it). So both words are held against the count of tokens.
/// </remarks>
internal sealed class MessageEvents : IEventTranslation
{
    private readonly ChunkWriter _chunk = new();
    private readonly List<(int Block, bool HasInput)> _calls = [];
    private byte[] _pendingInput = [];

    public int? TokensAllowed => null;

    public int Translate(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> chunk)
    {
        var fields = MessageFields.Read(json, out int length);
        _chunk.Clear();
        chunk = Say(fields) ? _chunk.Written : json[..length];
        return length;
    }

    private bool Say(MessageFields fields)
    {
        switch (fields.Type)
        {
            case var type when type.SequenceEqual("content_block_delta"u8):
                Delta(fields.Index, MessageFields.Read(fields.Delta, out _));
                return true;
            case var type when type.SequenceEqual("content_block_start"u8):
                Start(fields.Index, MessageFields.Read(fields.ContentBlock, out _));
                return true;
            case var type when type.SequenceEqual("content_block_stop"u8):
                Stop(fields.Index);
                return true;
            case var type when type.SequenceEqual("message_start"u8):
                MessageEnd.WriteHead(_chunk.Raw("{"u8), MessageFields.Read(fields.Message, out _));
                _chunk.Raw("\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}"u8);
                return true;
            case var type when type.SequenceEqual("message_delta"u8):
                MessageEnd.WriteStreamed(_chunk, MessageFields.Read(fields.Delta, out _), fields.Usage);
                return true;
            case var type when type.SequenceEqual("message_stop"u8):
                _chunk.Raw("[DONE]"u8);
                return true;
            case var type when type.SequenceEqual("ping"u8):
                return true;
            case var type when type.SequenceEqual("message"u8):
                MessageEnd.WriteWhole(_chunk, fields);
                return true;
            default:
                return false;
        }
    }

    private void Delta(int block, MessageFields delta)
    {
        if (RawFields.IsText(delta.Text))
            _chunk.Delta("content"u8, delta.Text);
        else if (RawFields.IsText(delta.Thinking))
            _chunk.Delta("reasoning"u8, delta.Thinking);
        else if (RawFields.IsText(delta.PartialJson))
            Input(block, delta.PartialJson);
    }

    private void Start(int block, MessageFields start)
    {
        if (!start.Type.SequenceEqual("tool_use"u8))
        {
            Delta(block, start);
            return;
        }

        // An empty object stands where the pieces are to come; other servers put the whole input there.
        _pendingInput = start.Input is [(byte)'{', .. var inside, (byte)'}'] && inside.Trim(" \t\r\n"u8).Length > 0 ? start.Input.ToArray() : [];
        _chunk.Call(_calls.Count, start.Id, start.Name, "\"\""u8);
        _calls.Add((block, false));
    }

    private void Stop(int block)
    {
        if (_pendingInput.Length == 0 || _calls.FindLastIndex(call => call.Block == block) is not (>= 0 and var at))
            return;

        if (!_calls[at].HasInput)
            _chunk.Call(at, default, default, _pendingInput);

        _pendingInput = [];
    }

    // One whose block was never opened has no name, and is withheld.
    private void Input(int block, ReadOnlySpan<byte> piece)
    {
        int at = _calls.FindLastIndex(call => call.Block == block);
        if (at < 0)
        {
            at = _calls.Count;
            _calls.Add((block, true));
        }

        _calls[at] = (block, true);
        _chunk.Call(at, default, default, piece);
    }
}
