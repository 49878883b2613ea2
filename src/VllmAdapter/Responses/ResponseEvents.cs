using System.Text.Json;

namespace VllmAdapter;

/// <summary>Says the events of <c>/v1/responses</c> in those of a chat.</summary>
/// <remarks>
/// What an item says of itself proves nothing: a call that was cut is "completed" like any other (0.32.0). So the pieces are handed on, and the terminal event,
/// whose name proves nothing either, becomes what <c>response.status</c> says (<see cref="ResponseResult"/>).
/// </remarks>
internal sealed class ResponseEvents : IEventTranslation
{
    private readonly ChunkWriter _chunk = new();
    private readonly ResponseParts _parts = new();
    private bool _hasBegun;

    public int? TokensAllowed { get; private set; }

    public int Translate(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> chunk)
    {
        var fields = ResponseFields.Read(json, out int length);
        _chunk.Clear();
        bool isOfTheRoute = true;
        if (fields.IsWhole)
            End(json[..length], ResponseEnd.Whole);
        else
            isOfTheRoute = Say(fields);

        chunk = isOfTheRoute ? _chunk.Written : json[..length];
        return length;
    }

    private bool Say(ResponseFields fields)
    {
        ReadOnlySpan<byte> type = fields.Type;
        if (!type.StartsWith("response."u8))
            return false;

        switch (type["response.".Length..])
        {
            // The name of the last three has changed with 0.31; the summary is that of other servers.
            case var name when name.SequenceEqual("output_text.delta"u8):
                Piece("content"u8, ResponsePart.Text, fields, fields.Delta);
                break;
            case var name when name.SequenceEqual("refusal.delta"u8):
                Piece("refusal"u8, ResponsePart.Refusal, fields, fields.Delta);
                break;
            case var name when name.SequenceEqual("reasoning_text.delta"u8) || name.SequenceEqual("reasoning.delta"u8) || name.SequenceEqual("reasoning_summary_text.delta"u8):
                Piece("reasoning"u8, ResponsePart.Reasoning, fields, fields.Delta);
                break;
            case var name when name.SequenceEqual("function_call_arguments.delta"u8):
                Arguments(_parts.CallAt(fields), RawFields.AsText(fields.Delta));
                break;

            // A whole text behind its pieces only repeats them; one without pieces is all there is.
            case var name when name.SequenceEqual("output_text.done"u8):
                Rest("content"u8, ResponsePart.Text, fields, fields.Text);
                break;
            case var name when name.SequenceEqual("refusal.done"u8):
                Rest("refusal"u8, ResponsePart.Refusal, fields, fields.Refusal);
                break;
            case var name when name.SequenceEqual("reasoning_text.done"u8) || name.SequenceEqual("reasoning.done"u8) || name.SequenceEqual("reasoning_summary_text.done"u8):
                Rest("reasoning"u8, ResponsePart.Reasoning, fields, fields.Text);
                break;
            case var name when name.SequenceEqual("function_call_arguments.done"u8):
                ToldWhole(_parts.CallAt(fields), fields.Arguments);
                break;

            case var name when name.SequenceEqual("output_item.added"u8):
                Begin(fields);
                break;
            case var name when name.SequenceEqual("output_item.done"u8):
                Close(fields);
                break;
            case var name when name.SequenceEqual("completed"u8):
                End(fields.Response, ResponseEnd.Completed);
                break;
            case var name when name.SequenceEqual("incomplete"u8):
                End(fields.Response, ResponseEnd.Incomplete);
                break;
            case var name when name.SequenceEqual("failed"u8):
                End(fields.Response, ResponseEnd.Failed);
                break;
            case var name when name.SequenceEqual("cancelled"u8):
                End(fields.Response, ResponseEnd.Cancelled);
                break;
            default:
                break;
        }

        return true;
    }

    private void Piece(ReadOnlySpan<byte> name, ResponsePart part, ResponseFields fields, ReadOnlySpan<byte> piece)
    {
        if (!RawFields.IsText(piece) && !fields.HasLogprobs)
            return;

        _hasBegun = true;
        if (RawFields.IsText(piece))
            _parts.Add(part, fields, piece);

        if (part != ResponsePart.Text || !fields.HasLogprobs)
        {
            _chunk.Delta(name, piece);
            return;
        }

        _chunk.Raw("{\"choices\":[{\"index\":0,\"delta\":{\"content\":"u8).Raw(RawFields.IsText(piece) ? piece : "\"\""u8)
            .Raw("},\"logprobs\":{\"content\":"u8).Raw(fields.Logprobs).Raw("}}]}"u8);
    }

    private void Rest(ReadOnlySpan<byte> name, ResponsePart part, ResponseFields fields, ReadOnlySpan<byte> whole)
    {
        if (RawFields.IsText(whole))
            Piece(name, part, fields, _parts.RestOf(part, fields.OutputIndex, fields.ContentIndex, whole));
    }

    private void Arguments(ResponseCall call, ReadOnlySpan<byte> piece)
    {
        if (!RawFields.IsText(piece) || call.IsGivenWhole)
            return;

        call.Arguments.Add(piece);
        _hasBegun = true;
        _chunk.Call(call.Index, default, default, piece);
    }

    private void ToldWhole(ResponseCall call, ReadOnlySpan<byte> whole)
    {
        if (!RawFields.IsText(whole))
            return;

        if (WrittenArguments.Contradict(call.Arguments, whole))
            throw new JsonException("a call was closed with other arguments than its pieces gave");

        Arguments(call, call.Arguments.RestOf(whole));
        call.IsToldWhole = true;
    }

    // vLLM opens a call with its name and without arguments, and a message without text: a role then begins the answer, as in a chat.
    private void Begin(ResponseFields fields)
    {
        ResponseFields item = ResponseFields.Read(fields.Item, out _);
        if (item.IsFunctionCall)
        {
            Open(_parts.Open(fields, item), item);
        }
        else if (!_hasBegun)
        {
            _hasBegun = true;
            _chunk.Delta("role"u8, "\"assistant\""u8);
        }
    }

    private void Close(ResponseFields fields)
    {
        ResponseFields item = ResponseFields.Read(fields.Item, out _);
        _parts.HasCutItem |= item.Status.SequenceEqual("incomplete"u8);
        if (!item.IsFunctionCall)
        {
            _parts.ForEachMissing(fields.OutputIndex, item, Say);
            return;
        }

        ResponseCall? call = _parts.Find(fields, item);
        if (call is null)
            Open(call = _parts.Open(fields, item), item);

        ToldWhole(call, item.Arguments);
        call.IsClosed = true;
    }

    // An empty object stands where the pieces are to come.
    private void Open(ResponseCall call, ResponseFields item)
    {
        _hasBegun = true;
        _chunk.Call(call.Index, item.CallId.IsEmpty ? item.Id : item.CallId, item.Name, "\"\""u8);
        if (WrittenArguments.SaysSomething(item.Arguments))
        {
            Arguments(call, item.Arguments);
            call.IsGivenWhole = WrittenArguments.IsObject(item.Arguments);
        }
    }

    private void Say(ResponsePart part, ReadOnlySpan<byte> text)
    {
        _hasBegun = true;
        _chunk.Delta(part switch { ResponsePart.Text => "content"u8, ResponsePart.Refusal => "refusal"u8, _ => "reasoning"u8 }, text);
    }

    private void End(ReadOnlySpan<byte> response, ResponseEnd end)
    {
        ResponseResult result = ResponseResult.Read(response, end);
        TokensAllowed = result.TokensAllowed;
        result.WriteTo(_chunk, end, _parts);
    }
}
