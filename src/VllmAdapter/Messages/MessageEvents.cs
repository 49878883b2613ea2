using System.Text.Json;

namespace VllmAdapter;

/// <summary>Says the events of <c>/v1/messages</c> in those of a chat.</summary>
/// <remarks>
/// vLLM makes them of a chat's, and loses some of it: a reason that is missing becomes <c>end_turn</c>, and a call that was cut is a block without a piece, closed like any
/// other (0.20.2 says <c>tool_use</c> of it). So both words are held against the count of tokens.
/// </remarks>
internal sealed class MessageEvents : IEventTranslation
{
    private readonly ChunkWriter _chunk = new();
    private readonly Dictionary<int, MessageCall?> _blocks = [];
    private int _calls;
    private byte[] _promptTokens = [];

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
                Close(fields.Index);
                return true;
            case var type when type.SequenceEqual("message_start"u8):
                MessageFields message = MessageFields.Read(fields.Message, out _);
                _promptTokens = MessageEnd.PromptTokensIn(message.Usage).ToArray();
                MessageEnd.WriteHead(_chunk.Raw("{"u8), message);
                _chunk.Raw("\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}"u8);
                return true;
            case var type when type.SequenceEqual("message_delta"u8):
                MessageEnd.WriteStreamed(_chunk, MessageFields.Read(fields.Delta, out _), fields.Usage, _promptTokens);
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
            _blocks[block] = null;
            Delta(block, start);
            return;
        }

        // An empty object stands where the pieces are to come; other servers put the whole input there.
        byte[] input = RawFields.AsText(start.Input).ToArray();
        bool isGiven = WrittenArguments.SaysSomething(input);
        var call = new MessageCall(_calls++, isGiven ? input : null);
        _blocks[block] = call;
        _chunk.Call(call.Index, start.Id, start.Name, isGiven ? input : "\"\""u8);
    }

    private void Close(int block)
    {
        if (_blocks.GetValueOrDefault(block) is { Given: { } given } call && WrittenArguments.Contradict(call.Pieces, given))
            throw new JsonException("a call has other input in its pieces than where it began");
    }

    // One whose block was never opened has no name, and is withheld; the pieces of a block that is no call of the client's are not its business.
    private void Input(int block, ReadOnlySpan<byte> piece)
    {
        if (!_blocks.TryGetValue(block, out MessageCall? call))
            _blocks[block] = call = new MessageCall(_calls++, given: null);

        if (call is { Given: null })
            _chunk.Call(call.Index, default, default, piece);
        else
            call?.Pieces.Add(piece);
    }

    private sealed class MessageCall(int index, byte[]? given)
    {
        public int Index { get; } = index;

        /// <summary>The input that stood where it began: its pieces only repeat it.</summary>
        public byte[]? Given { get; } = given;

        public WrittenText Pieces { get; } = new();
    }
}
