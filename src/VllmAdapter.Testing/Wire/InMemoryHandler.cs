using System.Net;

namespace VllmAdapter.Testing;

/// <summary>Carries replies to an <see cref="HttpClient"/> without a socket, with the faces that the sockets handler gives to faults.</summary>
internal sealed class InMemoryHandler(FakeVllm server) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        server.ThrowIfDisposed();
        ReceivedRequest received = await ReceivedRequest.FromAsync(request, cancellationToken).ConfigureAwait(false);
        ReplyPlayback playback = server.Answer(received);
        WireStep? first;
        try
        {
            first = await ScriptedStream.NextOrHangUpAsync(playback, server.Stopping, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException fault)
        {
            throw NoResponse(fault);
        }

        if (first is not WireStep.Head head)
            throw NoResponse(await ScriptedStream.EndBeforeHeadersAsync(playback, server.Stopping, cancellationToken).ConfigureAwait(false));

        var response = new HttpResponseMessage((HttpStatusCode)head.Status)
        {
            RequestMessage = request,
            Version = HttpVersion.Version11,
            Content = new StreamContent(new ScriptedStream(playback, server.Stopping)),
        };
        foreach ((string name, string value) in head.Headers)
        {
            // What is no header of a response is one of its content.
            if (!response.Headers.TryAddWithoutValidation(name, value))
                response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }

    private static HttpRequestException NoResponse(IOException fault) =>
        new(fault is HttpIOException { HttpRequestError: var error } ? error : HttpRequestError.Unknown,
            "An error occurred while sending the request.", fault);
}
