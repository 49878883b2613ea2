using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter.Server;

/// <summary>Reads an answer off its first token; null if it is JSON of another kind.</summary>
internal delegate T? AnswerReader<T>(ref Utf8JsonReader reader, CancellationToken cancellationToken)
    where T : class;

/// <summary>Asks once and reads the whole answer, within one time limit.</summary>
internal sealed class ServerCalls(VllmTransport transport, int maxBytes)
{
    public Task<string> AskTextAsync(ServerQuestion question, CancellationToken cancellationToken) =>
        AskAsync(question, static (body, _) => Encoding.UTF8.GetString(body), cancellationToken);

    public Task<T> AskAsync<T>(ServerQuestion question, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class =>
        AskAsync(question, (ref reader, _) => JsonSerializer.Deserialize(ref reader, type), cancellationToken);

    public Task<T> AskAsync<T>(ServerQuestion question, AnswerReader<T> read, CancellationToken cancellationToken)
        where T : class
    {
        return AskAsync(question, Parse, cancellationToken);

        T? Parse(ReadOnlySpan<byte> body, CancellationToken token)
        {
            var reader = new Utf8JsonReader(WithoutMark(body), JsonText.Reading);
            try
            {
                reader.Read();
                T? answer = read(ref reader, token);
                return answer is null || reader.Read() ? null : answer;
            }
            catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
            {
                return null;
            }
        }
    }

    private async Task<T> AskAsync<T>(ServerQuestion question, Reading<T> read, CancellationToken cancellationToken)
        where T : class
    {
        FailureFacts about = transport.About(question.Path, requestId: null) with
        {
            Expected = question.Expected,
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
            if (transport.ApiKeys.Rotate)
            {
                string? key = await transport.ApiKeys.AuthorizeAsync(message, either.Token).ConfigureAwait(false);
                about = about with { Secrets = about.Secrets.And(key) };
            }

            using HttpResponseMessage response = await transport
                .SendAsync(message, About, either.Token).ConfigureAwait(false);
            BoundedBody body = await BoundedBody.ReadAsync(response, maxBytes, either.Token, transport.Clock).ConfigureAwait(false);
            either.Token.ThrowIfCancellationRequested();
            if (body.IsTooLarge)
                throw transport.NotAReply(response, about with { LargerThan = maxBytes }, []);

            if (body.Fault is not (null or InvalidDataException))
                throw VllmRequestException.For(about with { Cause = body.Fault });

            T? answer = body.IsWhole ? read(body.Bytes, either.Token) : null;
            return answer ?? throw transport.NotAReply(response, about with { Expected = WhatIsMissing(question, body.Bytes) }, body.Bytes);
        }
        catch (OperationCanceledException given) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(given.Message, given, cancellationToken);
        }
        catch (OperationCanceledException given) when (timer.IsCancellationRequested)
        {
            throw VllmRequestException.For(about with { GaveUpAfter = question.Limit, Cause = given });
        }

        FailureFacts About(Sending sending) => about with { RequestId = sending.RequestId, Attempts = about.Attempts + sending.Resends };
    }

    private HttpRequestMessage NewMessage(ServerQuestion question)
    {
        var message = new HttpRequestMessage(question.Method, transport.Endpoint.At(question.Path));
        if (question.JsonBody is { } body)
            message.Content = new JsonBody(body);

        message.Headers.AcceptEncoding.ParseAdd("identity");
        question.Headers?.ApplyTo(message.Headers);
        return message;
    }

    // JSON of another kind is JSON still.
    private static string WhatIsMissing(ServerQuestion question, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(WithoutMark(body), JsonText.Reading);
        try
        {
            while (reader.Read())
            {
                // To the end: that it begins as JSON proves nothing.
            }

            return question.Expected;
        }
        catch (JsonException)
        {
            return "JSON";
        }
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body) =>
        body.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body;

    private delegate T? Reading<T>(ReadOnlySpan<byte> body, CancellationToken cancellationToken);
}
