namespace VllmAdapter;

/// <summary>Asks <c>/v1/responses</c>.</summary>
internal sealed class ResponseCalls(CallSetup setup)
{
    public ChatStream Stream(ResponseRequest request, CancellationToken cancellationToken)
    {
        ChatCall call = CallOf(request);
        return new ChatStream(enumeratorsToken => new StreamPump(call, cancellationToken, enumeratorsToken));
    }

    private ChatCall CallOf(ResponseRequest request)
    {
        request.Headers?.ThrowIfUnusable();
        using RequestBody body = ResponseRequestBody.Build(request, setup.Options.Model);
        string? model = body.Model;
        RequestEvidence asked = ResponseEvidence.Of(body.Json, setup.WindowOf(model), setup.Options.ServerMaxTokens);
        return setup.NewCall(body.Utf8, asked, model, new CallWishes(VllmEndpoint.Responses, "chat")
        {
            IsWhole = !request.Stream,
            Headers = request.Headers,
            Termination = request.Termination,
            OnIncompleteStream = request.OnIncompleteStream,
        });
    }
}
