using System.Net;
using System.Text;

namespace VllmAdapter.Tool.Tests.Check;

/// <summary>Something between the check and the server, which answers some paths itself, or changes what passes.</summary>
internal sealed class Gateway(HttpMessageHandler server) : DelegatingHandler(server)
{
    /// <summary>What it answers by itself, by path.</summary>
    public Dictionary<string, Func<HttpResponseMessage>> Own { get; init; } = [];

    /// <summary>What it does to a request on its way.</summary>
    public Action<HttpRequestMessage> Passes { get; init; } = static _ => { };

    /// <summary>What it makes of the server's answer.</summary>
    public Func<HttpResponseMessage, HttpResponseMessage> Returns { get; init; } = static response => response;

    public static HttpResponseMessage Answer(HttpStatusCode status, string body = "", string contentType = "application/json") =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, contentType) };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Own.TryGetValue(request.RequestUri!.AbsolutePath, out Func<HttpResponseMessage>? answer))
            return answer();
        Passes(request);
        return Returns(await base.SendAsync(request, cancellationToken));
    }
}
