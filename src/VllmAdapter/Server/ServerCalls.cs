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
        AskAsync(question, static (ServerReply reply, CancellationToken _) => Encoding.UTF8.GetString(reply.Body.Span), cancellationToken);

    public Task<T> AskAsync<T>(ServerQuestion question, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class =>
        AskAsync(question, (ref reader, _) => JsonSerializer.Deserialize(ref reader, type), cancellationToken);

    public Task<T> AskAsync<T>(ServerQuestion question, AnswerReader<T> read, CancellationToken cancellationToken)
        where T : class
    {
        return AskAsync(question, Parse, cancellationToken);

        T? Parse(ServerReply reply, CancellationToken token)
        {
            var reader = new Utf8JsonReader(reply.Json, JsonText.Reading);
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

    /// <summary>Asks once, and has the whole answer read.</summary>
    /// <param name="question">What to ask.</param>
    /// <param name="read">Reads it; null if it is an answer of another kind. May say what it lacks by <see cref="InvalidReplyException"/>.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="VllmRequestException">Nobody answered in time, the server refused, or what it answered is not an answer to this.</exception>
    public async Task<T> AskAsync<T>(ServerQuestion question, Func<ServerReply, CancellationToken, T?> read, CancellationToken cancellationToken)
        where T : class
    {
        FailureFacts about = AboutOf(question);
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
            long most = question.MaxBytes ?? maxBytes;
            using LentBody body = await BoundedBody.LendAsync(response, most, either.Token, transport.Clock).ConfigureAwait(false);
            either.Token.ThrowIfCancellationRequested();
            if (body.IsTooLarge)
                throw transport.NotAReply(response, about with { LargerThan = most, LimitedBy = question.LimitingOption }, []);

            if (body.Fault is not (null or InvalidDataException))
                throw VllmRequestException.For(about with { Cause = body.Fault });

            try
            {
                T? answer = body.IsWhole ? read(new ServerReply(body.Bytes), either.Token) : null;
                return answer ?? throw transport.NotAReply(response, about with { Expected = WhatIsMissing(question, body.Bytes.Span) }, body.Bytes.Span);
            }
            catch (InvalidReplyException invalid)
            {
                throw transport.NotAReply(response, about with { Invalid = invalid.Message }, body.Bytes.Span);
            }
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

    /// <summary>What a failure is to say of a question.</summary>
    public FailureFacts AboutOf(ServerQuestion question) => transport.About(question.Path, question.RequestId) with
    {
        Attempts = question.Attempt,
        Expected = question.Expected,
        Model = question.Model,
        Portion = question.Portion,
        RequestBody = question.JsonBody,
        Secrets = transport.Keys.With(question.Headers),
        MayBeSwitchedOff = question.MayBeSwitchedOff,
    };

    public HttpRequestMessage NewMessage(ServerQuestion question)
    {
        var message = new HttpRequestMessage(question.Method, transport.Endpoint.At(question.Path));
        message.Content = question.JsonBody is { } body ? new BufferedBody(body) : question.NewContent?.Invoke();
        message.Headers.AcceptEncoding.ParseAdd("identity");
        question.Headers?.ApplyTo(message.Headers);
        if (question.RequestId is { } id)
        {
            message.Headers.Remove(RequestHeaders.IdHeader);
            message.Headers.TryAddWithoutValidation(RequestHeaders.IdHeader, id);
        }

        return message;
    }

    // JSON of another kind is JSON still.
    private static string WhatIsMissing(ServerQuestion question, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(ServerReply.WithoutMark(body), JsonText.Reading);
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
}
