namespace VllmAdapter;

/// <summary>Asks <c>/v1/messages</c>.</summary>
internal sealed class MessageCalls(CallSetup setup)
{
    public ChatStream Stream(MessageRequest request, CancellationToken cancellationToken)
    {
        ChatCall call = CallOf(request);
        return new ChatStream(enumeratorsToken => new StreamPump(call, cancellationToken, enumeratorsToken));
    }

    private ChatCall CallOf(MessageRequest request)
    {
        request.Headers?.ThrowIfUnusable();
        using RequestBody body = MessageRequestBody.Build(request, setup.Options.Model);
        string? model = body.Model;
        return setup.NewCall(body.Utf8, MessageEvidence.Of(body.Json, setup.WindowOf(model), setup.Options.ServerMaxTokens), model, new CallWishes(VllmEndpoint.Messages, "chat")
        {
            IsWhole = !request.Stream,
            Headers = request.Headers,
            Termination = request.Termination,
            OnIncompleteStream = request.OnIncompleteStream,
        });
    }
}
