using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace VllmAdapter.Tool.Record;

/// <summary>Passes requests on to a server, and answers back as they come, byte by byte; every exchange goes into a file.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private readonly Uri _server;
    private readonly HttpMessageInvoker _client;
    private readonly Action<string> _tell;
    private readonly WebApplication _listener;

    private RecordingProxy(Uri server, int port, RecordingHandler recorder, Action<string> tell)
    {
        _server = server;
        _tell = tell;
        recorder.InnerHandler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseDrainSize = 0,
            UseCookies = false,
        };
        _client = new HttpMessageInvoker(recorder);

        // No configuration and no logging of the host's: the command says what there is to say.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        _listener = builder.Build();
        _listener.Run(PassOnAsync);
    }

    public Uri Endpoint => new(_listener.Urls.First());

    /// <param name="server">Where requests go.</param>
    /// <param name="port">Where they come from.</param>
    /// <param name="recorder">Writes the files.</param>
    /// <param name="tell">Is told of requests that got no answer.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<RecordingProxy> StartAsync(
        Uri server, int port, RecordingHandler recorder, Action<string> tell, CancellationToken cancellationToken)
    {
        var proxy = new RecordingProxy(server, port, recorder, tell);
        try
        {
            await proxy._listener.StartAsync(cancellationToken).ConfigureAwait(false);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // What is still open is cut off, and recorded as far as it came.
        await _listener.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        _client.Dispose();
    }

    private async Task PassOnAsync(HttpContext context)
    {
        using HttpRequestMessage question = await QuestionOfAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
        HttpResponseMessage answer;
        try
        {
            answer = await _client.SendAsync(question, context.RequestAborted).ConfigureAwait(false);
        }
        catch (HttpRequestException failure)
        {
            await SayNoAnswerAsync(context, failure).ConfigureAwait(false);
            return;
        }
        catch (OperationCanceledException)
        {
            _tell($"{question.Method} {context.Request.Path}: the client left before there was an answer.");
            return;
        }

        using (answer)
            await PassBackAsync(answer, context).ConfigureAwait(false);
    }

    private async Task<HttpRequestMessage> QuestionOfAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var question = new HttpRequestMessage(
            new HttpMethod(request.Method), new Uri(_server, $"{request.Path.ToUriComponent().TrimStart('/')}{request.QueryString.ToUriComponent()}"));
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken).ConfigureAwait(false);
        if (body.Length > 0)
            question.Content = new ByteArrayContent(body.ToArray());
        PassedHeaders.Copy(request, question);
        return question;
    }

    private static async Task PassBackAsync(HttpResponseMessage answer, HttpContext context)
    {
        HttpResponse response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        PassedHeaders.Copy(answer, response);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            // The headers of a stream come long before its first byte.
            await response.StartAsync(context.RequestAborted).ConfigureAwait(false);
            Stream body = await answer.Content.ReadAsStreamAsync(context.RequestAborted).ConfigureAwait(false);
            byte[] buffer = new byte[16 * 1024];
            while (await body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false) is > 0 and var count)
            {
                await response.Body.WriteAsync(buffer.AsMemory(0, count), context.RequestAborted).ConfigureAwait(false);
                await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (Exception over) when (over is IOException or HttpRequestException or OperationCanceledException)
        {
            // A cut is passed on as a cut: the client must not take what came for the whole.
            context.Abort();
        }
    }

    private async Task SayNoAnswerAsync(HttpContext context, HttpRequestException failure)
    {
        string sentence = $"{_server} cannot be reached: {failure.GetBaseException().Message}";
        _tell($"{context.Request.Method} {context.Request.Path}: {sentence}");
        context.Response.StatusCode = StatusCodes.Status502BadGateway;
        context.Response.ContentType = "application/json";
        var error = new JsonObject { ["error"] = new JsonObject { ["message"] = sentence, ["type"] = "BadGateway", ["code"] = 502 } };
        await context.Response.WriteAsync(error.ToJsonString(), context.RequestAborted).ConfigureAwait(false);
    }
}
