using System.Text.Json;

namespace VllmAdapter;

/// <summary>What the end of a response is called.</summary>
internal enum ResponseEnd
{
    /// <summary>It did not come as events.</summary>
    Whole = 1,
    Completed,
    Incomplete,
    Failed,
    Cancelled,
}

/// <summary>A response as its terminal event, or a whole reply, holds it: how it ended, what it cost, and its output.</summary>
/// <remarks>
/// Up to 0.32.0 the event is called <c>response.completed</c> whatever the end was; the status inside tells (vllm#45386). Of 0.11.0 the status is
/// <c>completed</c> too, and only the count of tokens tells, which the judge holds against the limit.
/// </remarks>
internal readonly ref struct ResponseResult
{
    // They are told in other places of a chunk, mean something else there, or say nothing.
    private static readonly HashSet<string> NotExtra = new(StringComparer.Ordinal)
    {
        "id", "object", "created_at", "created", "model", "usage", "error", "errors", "detail", "message", "msg", "type", "choices", "prompt_token_ids", "system_fingerprint",
    };

    private readonly ReadOnlySpan<byte> _json;
    private readonly ReadOnlySpan<byte> _status;
    private readonly ReadOnlySpan<byte> _reason;
    private readonly ReadOnlySpan<byte> _usage;
    private readonly ReadOnlySpan<byte> _error;
    private readonly ReadOnlySpan<byte> _output;

    private ResponseResult(ReadOnlySpan<byte> json)
    {
        _json = json;
        var reader = new Utf8JsonReader(json, JsonText.Reading);
        reader.Read();
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            ReadOnlySpan<byte> value = reader.ReadRaw(json);
            if (name.SequenceEqual("status"u8))
                _status = RawFields.Unquoted(value);
            else if (name.SequenceEqual("incomplete_details"u8))
                _reason = ReasonIn(value);
            else if (name.SequenceEqual("usage"u8))
                _usage = value;
            else if (name.SequenceEqual("error"u8))
                _error = value is [(byte)'{', _, _, ..] ? value : default;
            else if (name.SequenceEqual("output"u8))
                _output = value;
            else if (name.SequenceEqual("max_output_tokens"u8) && RawFields.NumberOr(value, 0) is > 0 and var most)
                TokensAllowed = most;
        }
    }

    /// <summary>The limit on the answer as the server understood it: it is there even where the request names none.</summary>
    public int? TokensAllowed { get; }

    // Whatever came of it, it is not the whole.
    private bool IsUnderWay => _status.SequenceEqual("in_progress"u8) || _status.SequenceEqual("queued"u8);

    private ReadOnlySpan<byte> Error => _error switch
    {
        { IsEmpty: false } => _error,
        _ when IsUnderWay => "{\"message\":\"The server answered before the response was finished. Its answer comes with GET /v1/responses/ID; leave out background to have it here.\",\"type\":\"response_unfinished\"}"u8,
        _ => "{\"message\":\"The server declared that the response failed.\",\"type\":\"response_failed\"}"u8,
    };

    public static ResponseResult Read(ReadOnlySpan<byte> response, ResponseEnd end) =>
        response.IsEmpty && end != ResponseEnd.Whole ? default : new(response);

    /// <summary>Writes it as the end of a chat.</summary>
    /// <param name="chunk">Where to.</param>
    /// <param name="end">What it is called.</param>
    /// <param name="came">What of it came before; of the output, only the rest is told here. While a call is left open, no "completed" is believed.</param>
    public void WriteTo(ChunkWriter chunk, ResponseEnd end, ResponseParts came)
    {
        string? word = Word(end, came);
        bool isCompleted = word == FinishReason.Completed.Value;
        bool isOver = word is not (null or "error") && !(isCompleted && came.AnyOpen);
        bool isFirst = true;
        chunk.Raw("{"u8);
        WriteHead(chunk, ref isFirst);
        chunk.Comma(ref isFirst).Raw("\"choices\":[{\"index\":0"u8);

        // Of an answer that was cut, 0.20.2 tells the calls that came once more, as text.
        if (!came.AnyCame || (isCompleted && isOver))
            ResponseOutput.WriteMessage(chunk, _output, came);

        if (isOver)
            chunk.Raw(",\"finish_reason\":"u8).Text(word!);

        chunk.Raw("}]"u8);
        WriteExtra(chunk, ref isFirst);
        if (word == "error")
            chunk.Raw(",\"error\":"u8).Raw(Error);

        // A usage that stands alone is the last word on what was spent.
        if (end != ResponseEnd.Whole && word != "error")
        {
            chunk.Raw("}"u8);
            if (!_usage.IsEmpty)
                WriteUsage(chunk.Raw("{\"choices\":[],\"usage\":"u8)).Raw("}"u8);

            if (isOver)
                chunk.Raw("[DONE]"u8);
        }
        else
        {
            WriteUsage(chunk.Raw(",\"usage\":"u8)).Raw("}"u8);
        }
    }

    // "completed" is no "stop": 0.11.0 says it of everything, and all versions of what was aborted or ended for its repetitions.
    private string? Word(ResponseEnd end, ResponseParts came) => end switch
    {
        ResponseEnd.Failed => "error",
        _ when !_error.IsEmpty => "error",
        ResponseEnd.Cancelled => "abort",
        _ when _status.SequenceEqual("failed"u8) => "error",
        _ when _status.SequenceEqual("cancelled"u8) => "abort",
        _ when end == ResponseEnd.Incomplete || _status.SequenceEqual("incomplete"u8) || !_reason.IsEmpty => Reason(),
        _ when _status.SequenceEqual("completed"u8) && (came.HasCutItem || ResponseOutput.HasCutItem(_output)) => "incomplete",
        _ when _status.SequenceEqual("completed"u8) || (_status.IsEmpty && end == ResponseEnd.Completed) => FinishReason.Completed.Value,
        _ when IsUnderWay => end == ResponseEnd.Whole ? "error" : null,
        _ when _status.IsEmpty => null,
        _ => System.Text.Encoding.UTF8.GetString(_status),
    };

    private string Reason() =>
        _reason.SequenceEqual("max_output_tokens"u8) || _reason.SequenceEqual("max_tokens"u8) ? FinishReason.Length.Value
        : _reason.IsEmpty ? "incomplete"
        : System.Text.Encoding.UTF8.GetString(_reason);

    private void WriteHead(ChunkWriter chunk, ref bool isFirst)
    {
        if (_json.IsEmpty)
            return;

        var reader = new Utf8JsonReader(_json, JsonText.Reading);
        reader.Read();
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            ReadOnlySpan<byte> value = reader.ReadRaw(_json);
            if (name.SequenceEqual("id"u8) || name.SequenceEqual("model"u8))
                chunk.Field(name, value, ref isFirst);
            else if (name.SequenceEqual("created_at"u8))
                chunk.Field("created"u8, WholeSeconds(value), ref isFirst);
        }
    }

    // Everything else that the server says of the response, its output as it is among it.
    private void WriteExtra(ChunkWriter chunk, ref bool isFirst)
    {
        if (_json.IsEmpty)
            return;

        var reader = new Utf8JsonReader(_json, JsonText.Reading);
        reader.Read();
        while (reader.ReadField())
        {
            string name = JsonText.Read(ref reader);
            reader.Read();
            ReadOnlySpan<byte> value = reader.ReadRaw(_json);
            if (!NotExtra.Contains(name) && !value.SequenceEqual("null"u8))
                chunk.Comma(ref isFirst).Text(name).Raw(":"u8).Raw(value);
        }
    }

    private ChunkWriter WriteUsage(ChunkWriter chunk)
    {
        if (_usage is not [(byte)'{', ..])
            return chunk.Raw("null"u8);

        bool isFirst = true;
        chunk.Raw("{"u8);
        var reader = new Utf8JsonReader(_usage, JsonText.Reading);
        reader.Read();
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            ReadOnlySpan<byte> value = reader.ReadRaw(_usage);
            name = name switch
            {
                _ when name.SequenceEqual("input_tokens"u8) => "prompt_tokens"u8,
                _ when name.SequenceEqual("output_tokens"u8) => "completion_tokens"u8,
                _ when name.SequenceEqual("input_tokens_details"u8) => "prompt_tokens_details"u8,
                _ when name.SequenceEqual("output_tokens_details"u8) => "completion_tokens_details"u8,
                _ => name,
            };
            chunk.Field(name, value, ref isFirst);
        }

        return chunk.Raw("}"u8);
    }

    // Other servers write a fraction.
    private static ReadOnlySpan<byte> WholeSeconds(ReadOnlySpan<byte> seconds) =>
        seconds.IndexOf((byte)'.') is > 0 and var point ? seconds[..point] : seconds;

    private static ReadOnlySpan<byte> ReasonIn(ReadOnlySpan<byte> details)
    {
        if (details is not [(byte)'{', ..])
            return default;

        var reader = new Utf8JsonReader(details, JsonText.Reading);
        reader.Read();
        while (reader.ReadField())
        {
            bool isReason = reader.FieldName().SequenceEqual("reason"u8);
            reader.Read();
            ReadOnlySpan<byte> value = reader.ReadRaw(details);
            if (isReason)
                return RawFields.Unquoted(value);
        }

        return default;
    }
}
