using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter;

/// <summary>One question to the server, beside the chats.</summary>
internal sealed record ServerQuestion(HttpMethod Method, string Path)
{
    public byte[]? JsonBody { get; init; }

    public RequestHeaders? Headers { get; init; }

    public string? Model { get; init; }

    public bool MayBeSwitchedOff { get; init; }

    public required TimeSpan Limit { get; init; }
}

/// <summary>Asks once and reads the whole answer, within one time limit.</summary>
internal sealed class ServerCalls(VllmTransport transport, int maxBytes)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public Task<T> AskAsync<T>(ServerQuestion question, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        return AskAsync(question, "JSON", Parse, cancellationToken);

        T? Parse(ReadOnlySpan<byte> body)
        {
            try
            {
                return JsonSerializer.Deserialize(body, type);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    public Task<string> AskTextAsync(ServerQuestion question, CancellationToken cancellationToken) =>
        AskAsync(question, "plain text", static body => Encoding.UTF8.GetString(body), cancellationToken);

    private async Task<T> AskAsync<T>(
        ServerQuestion question, string expected, Reading<T> read, CancellationToken cancellationToken)
        where T : class
    {
        FailureFacts about = transport.About(question.Path, requestId: null) with
        {
            Expected = expected,
            Model = question.Model,
            RequestBody = question.JsonBody,
            Secrets = transport.Keys.With(question.Headers),
            MayBeSwitchedOff = question.MayBeSwitchedOff,
        };
        using var timer = new CancellationTokenSource(question.Limit, transport.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            using HttpRequestMessage message = NewMessage(question);
            using HttpResponseMessage response = await transport
                .SendAsync(message, about, limit: null, either.Token).ConfigureAwait(false);
            byte[] body = await ReadAsync(response, either.Token).ConfigureAwait(false);
            return body.Length < maxBytes && read(body) is { } answer ? answer : throw transport.NotAReply(response, about, body);
        }
        catch (OperationCanceledException given) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(given.Message, given, cancellationToken);
        }
        catch (OperationCanceledException given) when (timer.IsCancellationRequested)
        {
            throw VllmRequestException.For(about with { GaveUpAfter = question.Limit, Cause = given });
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            throw VllmRequestException.For(about with { Cause = fault });
        }
    }

    private HttpRequestMessage NewMessage(ServerQuestion question)
    {
        var message = new HttpRequestMessage(question.Method, transport.Endpoint.At(question.Path));
        if (question.JsonBody is { } body)
            message.Content = new ByteArrayContent(body) { Headers = { ContentType = Json } };

        question.Headers?.ApplyTo(message.Headers);
        return message;
    }

    private async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var body = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        int count;
        while (body.Length < maxBytes && (count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            body.Write(buffer, 0, count);

        return body.ToArray();
    }

    private delegate T? Reading<T>(ReadOnlySpan<byte> body);
}
