namespace VllmAdapter.Server;

/// <summary>All that could be learned about a request before it is sent; what to make of it is a pure function.</summary>
internal sealed record PlanFacts
{
    public required ChatRequest Request { get; init; }

    public int? RequestedMaxTokens { get; init; }

    public int? ContextWindow { get; init; }

    /// <summary>Set if the server rendered the request.</summary>
    public RenderedPrompt? Rendered { get; init; }

    /// <summary>Set if the server refused to render it, for want of room.</summary>
    public ContextRefusal? Refusal { get; init; }

    /// <summary>Set if the tokenizer counted the prompt.</summary>
    public TokenizeResult? Counted { get; init; }

    public ServerVersion? Version { get; init; }

    public RequestPlan ToPlan()
    {
        int? window = ContextWindow ?? Counted?.ContextWindow ?? Refusal?.ContextWindow;
        var plan = new RequestPlan
        {
            Source = this switch
            {
                { Rendered: not null } => PlanSource.Render,
                { Counted: not null } => PlanSource.Tokenize,
                { Refusal: not null } => PlanSource.Render,
                _ => PlanSource.Unknown,
            },
            PromptTokens = Rendered?.TokenIds.Count ?? Counted?.Count ?? Refusal?.PromptTokens,
            PromptIsLowerBound = Rendered is null && (Counted is null ? Refusal?.PromptIsLowerBound is true : CountLeavesSomethingOut),
            ContextWindow = window,
            RequestedMaxTokens = RequestedMaxTokens,
        };
        MaxTokensHandling treatment = HandlingOf(plan);
        return plan with
        {
            Handling = treatment,
            GrantedMaxTokens = treatment switch
            {
                MaxTokensHandling.Refused or MaxTokensHandling.Unknown => null,
                MaxTokensHandling.Granted => RequestedMaxTokens,
                _ => Rendered?.MaxTokens ?? plan.Room,
            },
            Fitted = Fit(plan),
        };
    }

    // The tokenizer's endpoint knows less than the chat's. Tools: left out by 0.8.5, counted by 0.32.0.
    private bool CountLeavesSomethingOut =>
        (Request.Tools.Count > 0 && Version?.IsAtLeast(0, 32) is not true)
        || Request.Reasoning?.Effort is not null
        || Request.Prompt?.Documents.Count > 0
        || Request.Messages.Any(message => message is UserMessage { Parts: { } parts } && parts.Any(part => part is not TextPart));

    private MaxTokensHandling HandlingOf(RequestPlan plan) => plan switch
    {
        _ when Refusal is not null => MaxTokensHandling.Refused,
        _ when Rendered is not null && RequestedMaxTokens is null => MaxTokensHandling.Filled,
        _ when Rendered?.MaxTokens is { } granted => granted < RequestedMaxTokens ? MaxTokensHandling.Lowered : MaxTokensHandling.Granted,
        _ when RequestedMaxTokens > plan.ContextWindow => MaxTokensHandling.Refused,
        { Room: null } => MaxTokensHandling.Unknown,
        { Room: 0 } => MaxTokensHandling.Refused,
        { RequestedMaxTokens: null } => MaxTokensHandling.Filled,
        _ when RequestedMaxTokens <= plan.Room => plan.PromptIsLowerBound ? MaxTokensHandling.Unknown : MaxTokensHandling.Granted,

        // Prompt and max tokens together exceed the window: 0.20.2 was seen to refuse it and 0.32.0 to lower max tokens.
        _ when Version?.IsAtLeast(0, 32) is true => MaxTokensHandling.Lowered,
        _ when Version?.IsAtLeast(0, 20, 3) is false => MaxTokensHandling.Refused,
        _ => MaxTokensHandling.Unknown,
    };

    private ChatRequest? Fit(RequestPlan plan) => plan switch
    {
        { Room: 0 } => null,
        _ when Refusal?.PromptAloneIsTooLong is true => null,
        { RequestedMaxTokens: null } => Request,
        { Room: { } room } when RequestedMaxTokens > room => RequestMaxTokens.Set(Request, room),

        // More than fits whatever the prompt is: without max tokens the server uses the room there is.
        { Room: null } when RequestedMaxTokens > plan.ContextWindow => RequestMaxTokens.Set(Request, null),
        _ => Request,
    };
}
