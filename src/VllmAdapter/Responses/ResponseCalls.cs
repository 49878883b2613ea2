using System.Text.Json.Nodes;

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
        JsonObject json = ResponseRequestBody.Build(request, setup.Options.Model);
        byte[] body = ChatRequestBody.ToUtf8(json);
        string? model = ChatRequestBody.ModelOf(json);
        RequestEvidence asked = ResponseEvidence.Of(json, setup.WindowOf(model), setup.Options.ServerMaxTokens);
        return setup.NewCall(body, asked, model, new CallWishes(VllmEndpoint.Responses, "chat")
        {
            IsWhole = !request.Stream,
            Headers = request.Headers,
            Termination = request.Termination,
            OnIncompleteStream = request.OnIncompleteStream,
        });
    }
}
