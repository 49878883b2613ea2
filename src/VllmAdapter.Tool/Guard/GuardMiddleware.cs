using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace VllmAdapter.Tool.Guard;

/// <summary>Takes the requests that are under guard out of the proxy's way, and breaks the body off where an answer must not look whole.</summary>
internal sealed class GuardMiddleware(CurrentGuardOptions current, GuardMetrics metrics)
{
    // What was written reaches the client before the connection is reset; HTTP/1.0 has no other way to say that a body broke off.
    private static readonly TimeSpan TimeToLeave = TimeSpan.FromMilliseconds(250);

    /// <summary>Before anything else of the proxy.</summary>
    public async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        if (!HttpMethods.IsPost(context.Request.Method) || GuardedRoutes.At(context.Request.Path) is not { } route)
        {
            metrics.PassedThrough();
            await next(context).ConfigureAwait(false);
            return;
        }

        GuardOptions options = current.Value;
        try
        {
            if (metrics.Begin() > options.MaxAnswers)
            {
                context.Response.Headers.RetryAfter = "1";
                await RefuseAsync(context, 503, $"The guard answers {options.MaxAnswers:N0} requests already (Guard:MaxAnswers). Ask again.", "overloaded").ConfigureAwait(false);
                return;
            }

            await GuardAsync(context, next, route, options).ConfigureAwait(false);
        }
        finally
        {
            metrics.End();
        }
    }

    /// <summary>After affinity and before load balancing: who else might answer.</summary>
    public static Task KeepCandidates(HttpContext context, RequestDelegate next)
    {
        if (ExchangeOf(context) is { } exchange && context.Features.Get<IReverseProxyFeature>() is { } proxy)
            exchange.Candidates = proxy.AvailableDestinations;

        return next(context);
    }

    /// <summary>Around the forwarder: tells the passive health checks what the adapter's retries would hide from them.</summary>
    public static async Task ReportFaultAsync(HttpContext context, RequestDelegate next)
    {
        await next(context).ConfigureAwait(false);
        if (ExchangeOf(context)?.FirstFault is { } fault && context.Features.Get<IForwarderErrorFeature>() is null)
            context.Features.Set<IForwarderErrorFeature>(new FirstAttemptFailed(fault));
    }

    public static GuardExchange? ExchangeOf(HttpContext context) => context.Features.Get<GuardExchange>();

    private async Task GuardAsync(HttpContext context, RequestDelegate next, GuardedRoute route, GuardOptions options)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;

        if (await ReadAsync(context.Request, options.MaxRequestBytes, context.RequestAborted).ConfigureAwait(false) is not { } body)
        {
            await RefuseAsync(context, 413, $"The request is larger than {options.MaxRequestBytes:N0} bytes (Guard:MaxRequestBytes).", "request_too_large").ConfigureAwait(false);
            return;
        }

        GuardedRequest asked = GuardedRequest.Read(body, route);
        if (asked.IsInBackground)
        {
            // What comes back is a ticket, not an answer.
            context.Request.Body = new MemoryStream(body, writable: false);
            metrics.PassedThrough();
            await next(context).ConfigureAwait(false);
            return;
        }

        var exchange = new GuardExchange(options.AskWhole ? asked.AskedWhole() : asked, options);
        context.Features.Set(exchange);
        var trailing = TrailingBody.TakeOver(context);
        await next(context).ConfigureAwait(false);

        if (context.RequestAborted.IsCancellationRequested)
            return;

        if (exchange.BreaksOff)
            await BreakOffAsync(context).ConfigureAwait(false);
        else if (!context.Response.HasStarted && context.Features.Get<IForwarderErrorFeature>() is not (null or FirstAttemptFailed))
            await TellAsync(context).ConfigureAwait(false);
        else if (trailing is not null)
            await trailing.EndAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task<byte[]?> ReadAsync(HttpRequest request, int most, CancellationToken cancellationToken)
    {
        if (request.ContentLength > most)
            return null;

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken).ConfigureAwait(false);
            bool isTooLarge = read.Buffer.Length > most;
            byte[]? body = read.IsCompleted && !isTooLarge ? read.Buffer.ToArray() : null;
            request.BodyReader.AdvanceTo(body is null && !isTooLarge ? read.Buffer.Start : read.Buffer.End, read.Buffer.End);
            if (body is not null || isTooLarge)
                return body;
        }
    }

    // Kestrel sends what was written, and then leaves out the end of the body: a chunked one without its last chunk, RST_STREAM over HTTP/2.
    private static async Task BreakOffAsync(HttpContext context)
    {
        if (!HttpProtocol.IsHttp10(context.Request.Protocol))
            throw new BodyBrokenOffException();

        await Task.Delay(TimeToLeave, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Abort();
    }

    // The proxy itself says no more than a status.
    private async Task TellAsync(HttpContext context)
    {
        int status = context.Response.StatusCode;
        (string message, string type) = status switch
        {
            503 => ("No back end is available. Check that one runs at an address given with --to.", "unavailable"),
            504 => ("The back end did not answer in time.", "timeout"),
            _ => ("The back end cannot be reached, or broke off before it answered.", "unavailable"),
        };
        await RefuseAsync(context, status, message, type).ConfigureAwait(false);
    }

    private Task RefuseAsync(HttpContext context, int status, string message, string type)
    {
        metrics.Refused(status);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(FrameEdits.ToUtf8(Words.Error(message, type, status)), context.RequestAborted).AsTask();
    }

    private sealed class FirstAttemptFailed(Exception fault) : IForwarderErrorFeature
    {
        public ForwarderError Error => ForwarderError.Request;

        public Exception? Exception => fault;
    }
}

/// <summary>Makes the server break a body off after what was written. It is no fault of the guard's.</summary>
internal sealed class BodyBrokenOffException() : IOException("The answer was not whole, so its body was broken off.");
