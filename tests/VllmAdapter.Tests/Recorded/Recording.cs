using System.Text;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Recorded;

/// <summary>One case of a corpus: a recorded exchange, by its path below the corpus' folder, and how it is to be played.</summary>
internal sealed record Recording(string Path, RecordedExchange Exchange, JsonObject File)
{
    /// <summary>What real servers said; what proxies made of it and what public reports tell are corpora of their own.</summary>
    public static IReadOnlyList<Recording> All => RecordedCorpus.Servers.Cases;

    public string? Kind => Exchange.Expect?["kind"]?.GetValue<string>();

    public bool IsStream => Kind == "stream";

    public byte[] Body { get; } = [.. Exchange.Response.Pieces.SelectMany(piece => piece.Bytes.ToArray())];

    /// <summary>The body of the request, where it was an object.</summary>
    public JsonObject Asked => Exchange.Request.Body!.AsObject();

    /// <summary>What is known of the reply by other means than its bytes.</summary>
    public JsonObject Truth => Exchange.Truth!.AsObject();

    /// <summary>How the reply really ended; null for a refusal.</summary>
    public string? Ended => Truth.Text("ended");

    public JsonObject Expect => Exchange.Expect!.AsObject();

    /// <summary>How the client is set up; empty unless the case says.</summary>
    public JsonObject Options => File["options"] as JsonObject ?? [];

    /// <summary>Whether the times between the pieces matter.</summary>
    public bool IsTimed => File["response"]!.AsObject().Bool("timed") is true;

    public static Recording At(string path) => RecordedCorpus.Find(path);

    public static TheoryData<string> PathsOf(Func<Recording, bool> which) => RecordedCorpus.Servers.PathsOf(which);

    /// <summary>The request as the typed API says it; where there was none, one that a recorded reply can be played to.</summary>
    public ChatRequest Request() => Exchange.Request.Body is JsonObject body && !body.ContainsKey("raw")
        ? RecordedRequest.FromBody(body)
        : PlainRequest();

    /// <summary>A request that can always be sent, for replies to what the typed API cannot say or will not send.</summary>
    public ChatRequest PlainRequest() =>
        ChatRequest.FromPrompt("Hello.") with { Stream = Kind != "whole" };

    /// <summary>The client's settings: those of the case, and one attempt, since the same answer would only come again.</summary>
    public VllmAdapterOptions NewOptions()
    {
        var options = new VllmAdapterOptions { ContextWindow = Options.Int("context_window") };
        options.Resilience.MaxAttempts = Options.Int("attempts") ?? 1;
        options.TimeLimits.FirstChunk = Time("first_chunk_ms") ?? options.TimeLimits.FirstChunk;
        options.TimeLimits.BetweenChunks = Time("between_chunks_ms") ?? options.TimeLimits.BetweenChunks;
        return options;
    }

    /// <summary>Where the first finish reason of each choice is complete, read off the bytes without the adapter. Of a whole reply that is its end.</summary>
    public IReadOnlyDictionary<int, int> ReasonsAt()
    {
        Dictionary<int, int> seen = [];
        if (Body.AsSpan().TrimStart("\r\n\t "u8).StartsWith("{"u8))
        {
            seen[0] = Body.AsSpan().LastIndexOf((byte)'}') + 1;
            return seen;
        }

        int at = 0;
        foreach (string block in Encoding.UTF8.GetString(Body).Split("\n\n"))
        {
            int end = at + Encoding.UTF8.GetByteCount(block);
            if (block.StartsWith("data: {", StringComparison.Ordinal)
                && JsonNode.Parse(block["data: ".Length..])?["choices"] is JsonArray { Count: > 0 } choices
                && choices[0]!["finish_reason"] is not null)
            {
                seen.TryAdd(choices[0]!["index"]!.GetValue<int>(), end);
            }

            at = end + 2;
        }

        return seen;
    }

    public override string ToString() => Path;

    private TimeSpan? Time(string option) => Options.Number(option) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
}
