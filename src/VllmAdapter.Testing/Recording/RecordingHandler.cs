using System.Globalization;

namespace VllmAdapter.Testing;

/// <summary>Records every exchange of a live client into a file, for <see cref="FakeVllm.Replay(string, bool)"/>.</summary>
/// <remarks>
/// Thread-safe. The body passes through as it comes, unbuffered; a file is written when its exchange is over, be it in order, by a fault or because
/// the caller left. Authorization, keys and cookies are never written, and of the request's headers only those that vLLM heeds.
/// </remarks>
/// <example>
/// <code>
/// var http = new HttpClient(new RecordingHandler("recordings") { InnerHandler = new SocketsHttpHandler() });
/// var adapter = new VllmInferenceAdapter(http, new VllmAdapterOptions { Endpoint = new Uri("http://localhost:8000") });
/// </code>
/// </example>
public sealed class RecordingHandler : DelegatingHandler
{
    private static readonly char[] NotInFileNames = [.. Path.GetInvalidFileNameChars().Union(['/', '\\', ':'])];
    private readonly string _directory;
    private readonly TimeProvider _clock;
    private int _count;

    /// <summary>Records into a directory, which is made if it is not there.</summary>
    /// <param name="directory">Where the files go, called <c>exchange-0001.json</c> and so on; a file of that name is replaced.</param>
    /// <param name="timeProvider">The clock that times the pieces; the system's unless said.</param>
    public RecordingHandler(string directory, TimeProvider? timeProvider = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = directory;
        _clock = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Names the exchange that a request begins; the file is called after it, with a dash for what no file name may have.</summary>
    /// <value>
    /// Null: exchanges are numbered, from 1 for each handler. A client factory makes handlers anew every few minutes, so give names there.
    /// </value>
    public Func<HttpRequestMessage, string>? NameOf { get; init; }

    /// <summary>Whoever wants the recordings themselves: called with each when it is over, before its file is written.</summary>
    public Action<RecordedExchange>? Recorded { get; init; }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string name = NameOf?.Invoke(request)
            ?? string.Create(CultureInfo.InvariantCulture, $"exchange-{Interlocked.Increment(ref _count):0000}");
        RecordedRequest asked = await RecordedHeaders.ReadAsync(request, cancellationToken).ConfigureAwait(false);
        long start = _clock.GetTimestamp();
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);

        var recording = new ExchangeRecording(_clock, start, ended => Keep(new RecordedExchange
        {
            Name = name,
            Request = asked,
            Response = ended with { Status = (int)response.StatusCode, Headers = RecordedHeaders.Of(response) },
        }));
        response.Content = new RecordingContent(response.Content, recording);
        return response;
    }

    private void Keep(RecordedExchange exchange)
    {
        Recorded?.Invoke(exchange);
        Directory.CreateDirectory(_directory);

        // Written beside and moved: exchanges of one name that end at the same time do not meet in one file.
        string written = Path.Combine(_directory, Path.GetRandomFileName());
        exchange.Save(written);
        File.Move(written, Path.Combine(_directory, $"{FileNameOf(exchange.Name)}.json"), overwrite: true);
    }

    // A name may be an address or a path; the file stays in the directory.
    private static string FileNameOf(string name) => string.Join('-', name.Split(NotInFileNames));
}
