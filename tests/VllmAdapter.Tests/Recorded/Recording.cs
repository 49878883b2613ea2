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

    public override string ToString() => Path;

    private TimeSpan? Time(string option) => Options.Number(option) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
}
