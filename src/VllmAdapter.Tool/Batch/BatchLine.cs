using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Batch;

/// <summary>One line of a batch file, in OpenAI's format that <c>vllm run-batch</c> reads.</summary>
internal sealed record BatchLine
{
    private const string ChatRoute = "/chat/completions";

    /// <summary>The line's number, from 1.</summary>
    public required long Number { get; init; }

    /// <summary>The name that ties the result to it; null if it has none.</summary>
    public string? Id { get; init; }

    /// <summary>What to ask; null if it cannot be asked.</summary>
    public JsonObject? Body { get; init; }

    /// <summary>Why it cannot be asked, as a sentence; null if it can.</summary>
    public string? Fault { get; init; }

    public static BatchLine Read(long number, string text)
    {
        JsonObject line;
        try
        {
            line = JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is not an object");
            _ = line.Count;
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException)
        {
            return new BatchLine { Number = number, Fault = $"The line is not a JSON object: {Failures.SentenceOf(unreadable)}" };
        }

        string? id = TextOf(line["custom_id"]);
        BatchLine read = new() { Number = number, Id = string.IsNullOrEmpty(id) ? null : id };
        if (read.Id is null)
            return read with { Fault = "The line has no custom_id, so no result could be tied to it." };

        if (TextOf(line["method"]) is { } method && !method.Equals("POST", StringComparison.OrdinalIgnoreCase))
            return read with { Fault = $"The method is {method}; only POST asks for an answer." };

        if (TextOf(line["url"]) is not { } url || !url.EndsWith(ChatRoute, StringComparison.Ordinal))
            return read with { Fault = $"The url is {TextOf(line["url"]) ?? "missing"}; only /v1/chat/completions can be asked." };

        if (line["body"] is not JsonObject body || body["messages"] is not JsonArray)
            return read with { Fault = "The body is missing, or has no messages." };

        // A result is one body.
        line.Remove("body");
        body.Remove("stream");
        body.Remove("stream_options");
        return read with { Body = body };
    }

    /// <summary>The request, asked for in one piece, so that the result is the server's own body.</summary>
    public ChatRequest ToRequest(string requestId) => new()
    {
        Messages = [],
        Extra = Body,
        Stream = false,
        OnIncompleteStream = IncompleteStreamBehavior.Report,
        Headers = new RequestHeaders { RequestId = requestId },
    };

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
