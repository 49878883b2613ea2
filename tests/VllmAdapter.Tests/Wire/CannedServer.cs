using System.Net;
using System.Text;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Tests.Wire;

/// <summary>Answers every request with the same bytes, in memory, and moves time by hand when it falls silent.</summary>
internal sealed class CannedServer : HttpMessageHandler
{
    public int Status { get; init; } = 200;

    public string? ContentType { get; init; } = "text/event-stream; charset=utf-8";

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces { get; init; } = [];

    public BodyEnding Ending { get; init; } = BodyEnding.Clean;

    public ManualTimeProvider Clock { get; } = new();

    public static CannedServer Saying(string body, BodyEnding ending = BodyEnding.Clean) =>
        new() { Pieces = [Encoding.UTF8.GetBytes(body)], Ending = ending };

    public static CannedServer Replaying(Recording recording) => new()
    {
        Status = recording.Exchange.Response.Status,
        ContentType = ContentTypeOf(recording),
        Pieces = [.. recording.Exchange.Response.Pieces.Select(piece => piece.Bytes)],
        Ending = EndingOf(recording.Exchange.Response),
    };

    /// <summary>The recorded body up to a byte, and one of the ends.</summary>
    public static CannedServer Cutting(Recording recording, int at, BodyEnding ending) => new()
    {
        Status = recording.Exchange.Response.Status,
        ContentType = ContentTypeOf(recording),
        Pieces = [recording.Body.AsMemory(0, at)],
        Ending = ending,
    };

    public static string? ContentTypeOf(Recording recording) => recording.Exchange.Response.Headers
        .FirstOrDefault(header => header.Key.Equals("content-type", StringComparison.OrdinalIgnoreCase)).Value;

    public VllmInferenceAdapter NewAdapter(VllmAdapterOptions? options = null)
    {
        // Always the same answer: asking again would only wait.
        options ??= new VllmAdapterOptions { Resilience = { MaxAttempts = 1 } };
        options.Endpoint ??= new Uri("http://vllm.test");
        var client = new HttpClient(this, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        return new VllmInferenceAdapter(client, options, Clock);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var content = new StreamContent(new CannedBody(Pieces, Ending, () => Clock.Advance(TimeSpan.FromSeconds(30))));
        if (ContentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", ContentType);

        var response = new HttpResponseMessage((HttpStatusCode)Status) { Content = content, RequestMessage = request };
        foreach ((string name, string value) in Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
                content.Headers.TryAddWithoutValidation(name, value);
        }

        return Task.FromResult(response);
    }

    private static BodyEnding EndingOf(RecordedResponse response) => response switch
    {
        { SocketEnd: SocketEnd.Timeout } => BodyEnding.Silent,
        { BodyComplete: true } => BodyEnding.Clean,
        _ => BodyEnding.Broken,
    };
}
