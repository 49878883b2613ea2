using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Explain;

/// <summary>
/// Tells by its first bytes what a file is: a recorded exchange, what <c>curl -i</c> printed, the events of a stream, or a whole reply.
/// </summary>
internal static class InputReader
{
    private static readonly string[] Fields = ["data:", "event:", "id:", "retry:", ":"];

    /// <param name="name">What the file is called.</param>
    /// <param name="content">Its bytes.</param>
    /// <exception cref="ToolException">It is none of these.</exception>
    public static RecordedInput Read(string name, ReadOnlyMemory<byte> content)
    {
        ReadOnlyMemory<byte> bytes = WithoutMark(content);
        string start = Encoding.UTF8.GetString(bytes.Span[..Math.Min(bytes.Length, 4096)]).TrimStart();
        return start switch
        {
            "" => throw new ToolException($"{name} is empty: nothing came. Save a stream with curl -N -i, or record it with vllm-adapter record."),
            _ when start.StartsWith("HTTP/", StringComparison.Ordinal) => CurlDump.Read(name, bytes),
            ['{', ..] => OfJson(name, bytes),
            _ when Fields.Any(field => start.StartsWith(field, StringComparison.Ordinal)) => new RecordedInput
            {
                Exchange = Bare(name, "text/event-stream", bytes),
                Format = "the events of a stream",
            },
            _ => throw NoRecording(name, start),
        };
    }

    /// <summary>An exchange of which only the body is known.</summary>
    public static RecordedExchange Bare(string name, string contentType, ReadOnlyMemory<byte> body, int status = 200) => new()
    {
        Name = name,
        Request = new RecordedRequest
        {
            Method = "POST",
            Path = ChatRoute.Path,
            Body = new JsonObject { ["stream"] = contentType == "text/event-stream" },
        },
        Response = new RecordedResponse
        {
            Status = status,
            Headers = [KeyValuePair.Create("content-type", contentType)],
            Pieces = [new RecordedPiece(TimeSpan.Zero, body)],
            BodyComplete = true,
            SocketEnd = SocketEnd.Closed,
        },
    };

    private static RecordedInput OfJson(string name, ReadOnlyMemory<byte> bytes)
    {
        JsonObject? json = Parse(bytes);
        if (json is null || !json.ContainsKey("request") || !json.ContainsKey("response"))
        {
            // A reply that breaks off is no JSON, and is worth explaining all the same.
            return json is null || json.ContainsKey("choices") || json.ContainsKey("error") || json.ContainsKey("message")
                ? new RecordedInput { Exchange = Bare(name, "application/json", bytes, StatusOf(json)), Format = "a whole reply" }
                : throw NoRecording(name, Encoding.UTF8.GetString(bytes.Span));
        }

        try
        {
            var exchange = RecordedExchange.Parse(Encoding.UTF8.GetString(bytes.Span));
            return new RecordedInput { Exchange = exchange, Format = "a recorded exchange", HasRequest = true, HasEnd = true };
        }
        catch (FormatException notOne)
        {
            throw new ToolException($"{name} looks like a recorded exchange, but cannot be read: {notOne.InnerException?.Message ?? notOne.Message}", innerException: notOne);
        }
    }

    // The status of an error is in its body too; old servers have it at the top.
    private static int StatusOf(JsonObject? json)
    {
        JsonNode? error = json?["error"] as JsonObject ?? (json?.ContainsKey("choices") is false ? json : null);
        return error?["code"] is JsonValue code && code.TryGetValue(out int status) && status is >= 400 and < 600 ? status
            : error is null ? 200
            : 500;
    }

    private static JsonObject? Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonNode.Parse(bytes.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> bytes) =>
        bytes.Span.StartsWith("\uFEFF"u8) ? bytes["\uFEFF"u8.Length..] : bytes;

    private static ToolException NoRecording(string name, string start) => new(
        $"{name} is not a recording of a chat answer: it begins with {Wording.Quote(start[..Math.Min(start.Length, 40)])}. "
        + "explain reads what vllm-adapter record wrote, what curl -N -i printed, the events of a stream, or a whole reply.");
}
