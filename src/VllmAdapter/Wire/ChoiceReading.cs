using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads one choice of an event: its delta, or the whole message that some servers send in its place or beside it.</summary>
internal sealed class ChoiceReading(LenientValues values, ChunkTemplates templates)
{
    // The delta counts before the message, and that before the text of /v1/completions; within one the names have their own order.
    private const int Message = 10;
    private const int Completion = 20;
    private const int InContent = 4;
    private const int InDetails = 5;

    private readonly ToolCallReading _calls = new(values, templates);
    private readonly ContentReading _content = new(values);

    private BestText _text;
    private BestText _reasoning;
    private BestText _refusal;
    private List<ToolCallDelta>? _toolCalls;
    private int _rankOfCalls;

    /// <summary>The choice's index as the server wrote it.</summary>
    public int Index { get; private set; }

    public TokenUsage? Usage { get; private set; }

    public ServerError? Error { get; private set; }

    /// <summary>Whether it carries something that the model wrote.</summary>
    public bool HasOutput => _text.Text.Length > 0 || _reasoning.Text.Length > 0 || _refusal.Text.Length > 0 || _toolCalls is not null;

    private string? FinishWord { get; set; }

    private string? StopReason { get; set; }

    private LogprobContent? Logprobs { get; set; }

    private IReadOnlyList<int>? TokenIds { get; set; }

    public void Read(ref Utf8JsonReader reader)
    {
        (_text, _reasoning, _refusal, _toolCalls, _rankOfCalls) = (default, default, default, null, int.MaxValue);
        (Index, Usage, Error, FinishWord, StopReason, Logprobs, TokenIds) = (0, null, null, null, null, null, null);
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("delta"u8))
                ReadDelta(ref reader, rank: 0);
            else if (name.SequenceEqual("message"u8))
                ReadDelta(ref reader, Message);
            else if (name.SequenceEqual("index"u8))
                Index = values.ReadIndex(ref reader) ?? 0;
            else if (name.SequenceEqual("finish_reason"u8))
                FinishWord = values.ReadFinishWord(ref reader);
            else if (name.SequenceEqual("stop_reason"u8))
                StopReason = LenientValues.ReadStopReason(ref reader);
            else if (name.SequenceEqual("text"u8))
                ReadContent(ref reader, Completion);
            else if (name.SequenceEqual("logprobs"u8))
                Logprobs = LogprobReading.Read(ref reader);
            else if (name.SequenceEqual("token_ids"u8))
                TokenIds = reader.ReadNumbers();
            else if (name.SequenceEqual("usage"u8))
                Usage = (reader.TokenType == JsonTokenType.StartObject ? UsageReading.Read(ref reader, templates) : null) ?? Usage;
            else if (name.SequenceEqual("error"u8))
                Error = ReadError(ref reader);
            else
                reader.SkipValue();
        }
    }

    /// <summary>The chunk, without what only repeats what came before.</summary>
    /// <param name="choice">The choice that the index means.</param>
    /// <param name="progress">How far that choice has come; it may be null if the chunk has no output.</param>
    public ChatChunk Chunk(int choice, ChoiceProgress? progress)
    {
        var chunk = progress is null ? new ChatChunk(choice, "", "", toolCalls: null, FinishWord) : Output(choice, progress);
        return StopReason is not null || Logprobs is not null || TokenIds is not null
            ? chunk with { StopReason = StopReason, Logprobs = Logprobs, TokenIds = TokenIds }
            : chunk;
    }

    private ChatChunk Output(int choice, ChoiceProgress progress)
    {
        string text = _text.Text.Length > 0 ? Add(_text, progress.Text) : "";
        string reasoning = _reasoning.Text.Length > 0 ? Add(_reasoning, progress.Reasoning) : "";
        string refusal = _refusal.Text.Length > 0 ? Add(_refusal, progress.Refusal) : "";
        List<ToolCallDelta>? calls = AddCalls(progress);
        if (FinishWord is not null && progress.Release(choice) is { } left)
        {
            values.Observe("\uFFFD");
            (text, reasoning, refusal) = (text + left.Text, reasoning + left.Reasoning, refusal + left.Refusal);
            if (left.HasToolCalls)
                calls = [.. calls ?? [], .. left.ToolCalls];
        }

        var chunk = new ChatChunk(choice, text, reasoning, calls, FinishWord);
        return refusal.Length > 0 ? chunk with { Refusal = refusal } : chunk;
    }

    private void ReadDelta(ref Utf8JsonReader reader, int rank)
    {
        if (!values.Expect(ref reader, JsonTokenType.StartObject))
            return;

        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            if (name.SequenceEqual("content"u8))
                ReadContent(ref reader, rank);
            else if (RankOfReasoning(name) is { } place)
                ReadReasoning(ref reader, rank + place);
            else if (name.SequenceEqual("refusal"u8))
                OfferRefusal(values.ReadText(ref reader), rank);
            else if (name.SequenceEqual("tool_calls"u8))
                Offer(_calls.Read(ref reader, isWhole: rank > 0), rank);
            else if (name.SequenceEqual("function_call"u8) && reader.TokenType == JsonTokenType.StartObject)
                Offer([_calls.ReadLegacy(ref reader)], rank + 1);
            else
                reader.SkipValue();
        }
    }

    // vLLM before 0.16 says reasoning_content, and 0.11.1 to 0.15 say both with the same text; the others are those of other servers.
    private static int? RankOfReasoning(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("reasoning"u8) ? 0
        : name.SequenceEqual("reasoning_content"u8) ? 1
        : name.SequenceEqual("thinking"u8) ? 2
        : name.SequenceEqual("reasoning_text"u8) ? 3
        : name.SequenceEqual("reasoning_details"u8) ? InDetails
        : null;

    private void ReadContent(ref Utf8JsonReader reader, int rank)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            _text.Offer(ReadPiece(ref reader, ChunkPart.Text, rank), rank);
            return;
        }

        (string text, string reasoning, string refusal) = _content.Read(ref reader);
        if (text.Length > 0 || reasoning.Length > 0)
            templates.Spoil();

        _text.Offer(text, rank);
        _reasoning.Offer(reasoning, rank + InContent);
        OfferRefusal(refusal, rank + 1);
    }

    private void ReadReasoning(ref Utf8JsonReader reader, int rank)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            _reasoning.Offer(ReadPiece(ref reader, ChunkPart.Reasoning, rank), rank);
            return;
        }

        (string text, string reasoning, _) = _content.Read(ref reader);
        if (text.Length > 0 || reasoning.Length > 0)
            templates.Spoil();

        _reasoning.Offer(reasoning + text, rank);
    }

    // Of a delta a string decides its part alone; whatever else says something makes the event no template.
    private string? ReadPiece(ref Utf8JsonReader reader, ChunkPart part, int rank)
    {
        bool isPiece = reader.TokenType == JsonTokenType.String && rank < Message;
        if (isPiece)
            templates.Report(part, reader.TokenStartIndex + 1, reader.ValueSpan.Length);

        string? text = values.ReadText(ref reader);
        if (!isPiece && text is { Length: > 0 })
            templates.Spoil();

        return text;
    }

    private void OfferRefusal(string? refusal, int rank)
    {
        if (refusal is { Length: > 0 })
            templates.Spoil();

        _refusal.Offer(refusal, rank);
    }

    private void Offer(List<ToolCallDelta>? calls, int rank)
    {
        if (calls is null)
            return;

        if (rank >= Message)
            templates.Spoil();

        if (rank <= _rankOfCalls)
            (_toolCalls, _rankOfCalls) = (calls, rank);
    }

    // What deltas brought, a whole message or a completion's text beside them only repeats.
    private string Add(BestText piece, PieceProgress progress)
    {
        if (piece.Rank >= Message && progress.CameByDelta)
            return "";

        string text = piece.Rank switch
        {
            < Message => progress.AddDelta(piece.Text),
            < Completion => progress.Add(piece.Text) + progress.Release(),
            _ => progress.Add(piece.Text),
        };
        values.Observe(text);
        return text;
    }

    private List<ToolCallDelta>? AddCalls(ChoiceProgress progress)
    {
        bool isDelta = _rankOfCalls < Message;
        if (_toolCalls is null || (!isDelta && progress.CallsCameByDelta))
            return null;

        progress.CallsCameByDelta |= isDelta;
        for (int i = 0; i < _toolCalls.Count; i++)
        {
            ToolCallDelta call = _toolCalls[i];
            string arguments = isDelta ? progress.AddArguments(call.Index, call.Arguments) : PieceProgress.Whole(call.Arguments);
            values.Observe(arguments);
            if (!ReferenceEquals(arguments, call.Arguments))
                _toolCalls[i] = call with { Arguments = arguments };
        }

        return _toolCalls;
    }

    private static ServerError? ReadError(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;

        byte[] error = Encoding.UTF8.GetBytes($"{{\"error\":{LenientValues.ReadRaw(ref reader)}}}");
        return ServerError.TryRead(error, out ServerError? read) ? read : null;
    }
}
