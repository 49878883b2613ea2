using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads one choice of an event: its delta, or the whole message that some servers send in its place or beside it.</summary>
internal sealed class ChoiceReading
{
    private readonly LenientValues _values;
    private readonly ChunkShape _shape;
    private readonly ExtraFields _extra;
    private readonly DeltaReading _pieces;

    public ChoiceReading(LenientValues values, ChunkShape shape)
    {
        (_values, _shape, _extra) = (values, shape, new ExtraFields());
        _pieces = new DeltaReading(values, shape, _extra);
    }

    /// <summary>The choice's index as the server wrote it.</summary>
    public int Index { get; private set; }

    public TokenUsage? Usage { get; private set; }

    public ServerError? Error { get; private set; }

    /// <summary>Whether it carries something that the model wrote.</summary>
    public bool HasOutput => _pieces.HasOutput;

    /// <summary>Whether it begins an answer of its own: a role and nothing else yet, or a whole message.</summary>
    public bool BeginsAnAnswer { get; private set; }

    /// <summary>Whether its reasoning goes by the older name alone (vLLM before 0.16).</summary>
    public bool SaysReasoningContent =>
        !_pieces.Reasoning.IsEmpty && _pieces.Reasoning.Rank is PieceRank.Delta + PieceRank.ReasoningContent or PieceRank.Message + PieceRank.ReasoningContent;

    private string? FinishWord { get; set; }

    private string? StopReason { get; set; }

    private IReadOnlyList<TokenLogprob>? Logprobs { get; set; }

    private IReadOnlyList<int>? TokenIds { get; set; }

    private IReadOnlyList<int>? PromptTokenIds { get; set; }

    private IReadOnlyDictionary<string, JsonElement>? Extra { get; set; }

    /// <summary>Begins with another choice, and keeps nothing of the last one.</summary>
    public void Begin()
    {
        _pieces.Begin();
        (Index, Usage, Error, FinishWord, StopReason, Logprobs, TokenIds) = (0, null, null, null, null, null, null);
        (PromptTokenIds, Extra) = (null, null);
        _extra.Clear();
    }

    public void Read(ref Utf8JsonReader reader)
    {
        Begin();
        bool isMessage = false;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("delta"u8))
                _pieces.Read(ref reader, PieceRank.Delta);
            else if (name.SequenceEqual("message"u8))
                isMessage = ReadMessage(ref reader);
            else if (name.SequenceEqual("index"u8))
                Index = _values.ReadIndex(ref reader) ?? 0;
            else if (name.SequenceEqual("finish_reason"u8))
                FinishWord = _values.ReadFinishWord(ref reader);
            else if (name.SequenceEqual("stop_reason"u8))
                StopReason = LenientValues.ReadStopReason(ref reader);
            else if (name.SequenceEqual("text"u8))
                _pieces.ReadContent(ref reader, PieceRank.Completion);
            else if (name.SequenceEqual("logprobs"u8))
                Logprobs = LogprobReading.Read(ref reader, _values);
            else if (name.SequenceEqual("token_ids"u8))
                TokenIds = reader.ReadNumbers();
            else if (name.SequenceEqual("usage"u8))
                Usage = (reader.TokenType == JsonTokenType.StartObject ? UsageReading.Read(ref reader, _shape) : null) ?? Usage;
            else if (name.SequenceEqual("error"u8))
                Error = ReadError(ref reader);
            else if (name.SequenceEqual("prompt_token_ids"u8))
                PromptTokenIds = reader.ReadNumbers();
            else
                _extra.Read(ref reader, name);
        }

        Extra = _extra.Take();
        BeginsAnAnswer = isMessage || (_pieces.NamesRole && !HasOutput && FinishWord is null);
    }

    /// <summary>The chunk, without what only repeats what came before.</summary>
    /// <param name="choice">The choice that the index means.</param>
    /// <param name="progress">How far that choice has come; it may be null if the chunk has no output.</param>
    public ChatChunk Chunk(int choice, ChoiceProgress? progress)
    {
        var chunk = progress is null ? new ChatChunk(choice, "", "", toolCalls: null, FinishWord) : Output(choice, progress);
        if (_pieces.HasOther)
            chunk = chunk with { HasOtherOutput = true };

        if (PromptTokenIds is not null)
            chunk = chunk with { PromptTokenIds = PromptTokenIds };

        if (Extra is not null)
            chunk = chunk with { ChoiceExtra = Extra };

        return StopReason is not null || Logprobs is not null || TokenIds is not null
            ? chunk with { StopReason = StopReason, Logprobs = Logprobs, TokenIds = TokenIds }
            : chunk;
    }

    private bool ReadMessage(ref Utf8JsonReader reader)
    {
        _pieces.Read(ref reader, PieceRank.Message);
        return true;
    }

    private ChatChunk Output(int choice, ChoiceProgress progress)
    {
        string text = _pieces.Text.IsEmpty ? "" : Add(_pieces.Text, progress.Text);
        string reasoning = _pieces.Reasoning.IsEmpty ? "" : Add(_pieces.Reasoning, progress.Reasoning);
        string refusal = _pieces.Refusal.IsEmpty ? "" : Add(_pieces.Refusal, progress.Refusal);
        List<ToolCallDelta>? calls = AddCalls(progress);
        if (FinishWord is not null && progress.Release() is { } left)
        {
            _values.Observe("\uFFFD");
            (text, reasoning, refusal) = (text + left.Text, reasoning + left.Reasoning, refusal + left.Refusal);
            if (left.HasToolCalls)
                calls = [.. calls ?? [], .. left.ToolCallDeltas];
        }

        var chunk = new ChatChunk(choice, text, reasoning, calls, FinishWord);
        return refusal.Length > 0 ? chunk with { Refusal = refusal } : chunk;
    }

    // What deltas brought, a whole message or a completion's text beside them only repeats.
    private string Add(BestText piece, PieceProgress progress)
    {
        if (piece.Rank >= PieceRank.Message && progress.CameByDelta)
            return "";

        string text = piece.Rank switch
        {
            < PieceRank.Message => progress.AddDelta(piece.Text),
            < PieceRank.Completion => progress.Add(piece.Text) + progress.Release(),
            _ => progress.Add(piece.Text),
        };
        _values.Observe(text);
        return text;
    }

    private List<ToolCallDelta>? AddCalls(ChoiceProgress progress)
    {
        bool isDelta = _pieces.RankOfCalls < PieceRank.Message;
        if (_pieces.Calls is not { } calls || (!isDelta && progress.CallsCameByDelta))
            return null;

        progress.CallsCameByDelta |= isDelta;
        for (int i = 0; i < calls.Count; i++)
        {
            ToolCallDelta call = calls[i];
            string arguments = isDelta ? progress.AddArguments(call.Index, call.Arguments) : PieceProgress.Whole(call.Arguments);
            _values.Observe(arguments);
            if (!ReferenceEquals(arguments, call.Arguments))
                calls[i] = call with { Arguments = arguments };
        }

        return calls;
    }

    private static ServerError? ReadError(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;

        byte[] error = Encoding.UTF8.GetBytes($"{{\"error\":{LenientValues.ReadRaw(ref reader)}}}");
        return ServerError.TryRead(error, out ServerError? read) ? read : null;
    }
}
