namespace VllmAdapter.Server;

/// <summary>Asks what becomes of a request: the render endpoint, else the tokenizer, and what it takes to make something of their answers.</summary>
internal sealed class RequestPlanning(ServerState server)
{
    public async Task<RequestPlan> MakeAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        var facts = new PlanFacts { Request = request, RequestedMaxTokens = RequestMaxTokens.Of(request) };
        try
        {
            Task<RenderedPrompt> rendering = PromptCalls.RenderAsync(server, request, cancellationToken);
            facts = facts with { Rendered = await OptionalAnswer.IfOfferedAsync(rendering).ConfigureAwait(false) };
        }
        catch (VllmRequestException refused) when (refused.ContextRefusal is { } refusal)
        {
            facts = facts with { Refusal = refusal };
        }

        if (facts.Rendered is null)
        {
            Task<TokenizeResult> counting = PromptCalls.TokenizeAsync(server, request, withTexts: false, cancellationToken);
            facts = facts with { Counted = await OptionalAnswer.IfOfferedAsync(counting).ConfigureAwait(false) };
        }

        // Where the prompt is known and the server did not say what becomes of max tokens, its version tells. (vLLM 0.15 renders the prompt alone.)
        if (facts is { Counted: not null } or { Rendered.MaxTokens: null, RequestedMaxTokens: not null })
            facts = facts with { Version = await OptionalAnswer.IfOfferedAsync(server.GetVersionAsync(cancellationToken)).ConfigureAwait(false) };

        int? window = await WindowOfAsync(request, cancellationToken).ConfigureAwait(false);
        return (facts with { ContextWindow = window }).ToPlan();
    }

    private async Task<int?> WindowOfAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        string? model = PromptCalls.ModelOf(server, request);
        if ((server.Options.ContextWindow ?? server.Windows.Of(model)) is { } known)
            return known;

        await OptionalAnswer.IfOfferedAsync(server.GetModelsAsync(cancellationToken)).ConfigureAwait(false);
        return server.Windows.Of(model);
    }
}
