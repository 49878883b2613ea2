using System.Collections.Frozen;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Asks the route of plain completions.</summary>
internal sealed class TextCalls(CallSetup setup)
{
    private static readonly FrozenSet<string> OfTheRoute = new[] { "prompt", "prompt_embeds", "suffix", "best_of" }.ToFrozenSet(StringComparer.Ordinal);

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
        using RequestBody body = TextRequestBody.Build(request, setup.Options.Model, setup.Options.UsageReporting);
        string? model = body.Model;
        return setup.NewCall(body.Utf8, EvidenceOf(body.Json, model), model, new CallWishes(VllmEndpoint.Completions, "text_completion")
        {
            IsWhole = !request.Stream,
            Fields = request.SendUnchecked ? null : setup.FieldsOf(body.Json, OfTheRoute),
            Headers = request.Headers,
            Termination = request.Termination,
            OnIncompleteStream = request.OnIncompleteStream,
        });
    }

    private RequestEvidence EvidenceOf(JsonElement body, string? model)
    {
        RequestEvidence asked = RequestEvidenceReading.Of(body, setup.WindowOf(model), setup.Options.ServerMaxTokens);
        int prompts = TextRequestBody.PromptsIn(body);
        bool echoes = body.IsTrueAt("echo"u8);
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
