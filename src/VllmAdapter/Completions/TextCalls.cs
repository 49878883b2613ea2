using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Asks the route of plain completions.</summary>
internal sealed class TextCalls(CallSetup setup)
{
    // What vLLM takes where a request says nothing.
    private const int DefaultMaxTokens = 16;

    public TextStream Stream(TextRequest request, CancellationToken cancellationToken)
    {
        ChatCall call = CallOf(request);
        var stream = new ChatStream(enumeratorsToken => new StreamPump(call, cancellationToken, enumeratorsToken));
        return new TextStream(stream, TextAnswer.ChoicesPerPrompt(call.Evidence));
    }

    private ChatCall CallOf(TextRequest request)
    {
        request.Headers?.ThrowIfUnusable();
        JsonObject json = TextRequestBody.Build(request, setup.Options.Model, setup.Options.UsageReporting);
        byte[] body = ChatRequestBody.ToUtf8(json);
        string? model = ChatRequestBody.ModelOf(json);
        return setup.NewCall(body, EvidenceOf(json, body, model), model, new CallWishes(VllmEndpoint.Completions, "text_completion")
        {
            IsWhole = !request.Stream,
            Headers = request.Headers,
            Termination = request.Termination,
            OnIncompleteStream = request.OnIncompleteStream,
        });
    }

    private RequestEvidence EvidenceOf(JsonObject json, byte[] body, string? model)
    {
        RequestEvidence asked = RequestEvidenceReading.Of(body, setup.WindowOf(model), setup.Options.ServerMaxTokens);
        int prompts = TextRequestBody.PromptsIn(json);
        bool echoes = json["echo"]?.GetValueKind() == System.Text.Json.JsonValueKind.True;
        bool asksForPromptOnly = echoes && asked.MaxTokens == 0;
        return asked with
        {
            PromptCount = prompts,
            ChoiceCount = Math.Max(1, asked.ChoiceCount) * prompts,
            AsksForPromptOnly = asksForPromptOnly,
            MaxTokens = asksForPromptOnly ? null : asked.MaxTokens ?? DefaultMaxTokens,

            // A text that begins with its prompt has the shape of neither.
            Format = echoes ? null : asked.Format,
        };
    }
}
