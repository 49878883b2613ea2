namespace VllmAdapter.Tool.Check;

/// <summary>What can be wrong with what is in an answer, and with how it is counted.</summary>
internal static class AnswerKinds
{
    public static FindingKind Unconstrained { get; } = new(
        "constraint-ignored", Severity.Fault, "An answer does not have the shape that was asked for",
        "The server accepts the constraint and silently ignores it: a parser further on breaks.",
        "Server: vLLM 0.11 or later for structured_outputs (0.8.5 only knows guided_*). Proxy: pass unknown fields on. Client: check the shape, as VllmAdapter does.");

    public static FindingKind Cumulative { get; } = new(
        "text-cumulative", Severity.Fault, "Each piece repeats the whole text before it",
        "Clients show the answer many times over.",
        "Proxy: it gathers the text; use one that passes deltas on.");

    public static FindingKind StopInText { get; } = new(
        "stop-text-kept", Severity.Warning, "The stop string is left in the text",
        "Whoever splits at it finds it twice.",
        "Client: cut the text at the stop string.");

    public static FindingKind StopIgnored { get; } = new(
        "stop-ignored", Severity.Fault, "The answer goes on past its stop string",
        "Agents that stop the model at an observation get one that it made up.",
        "Proxy: pass stop on. Client: cut the text at the stop string.");

    public static FindingKind WholeDiffers { get; } = new(
        "stream-differs-from-whole", Severity.Warning, "Streamed and whole answers differ at temperature 0",
        "Text is lost or changed in one of the two. Different batching can also cause small differences.",
        "Server: compare both replies of the evidence; --reasoning-parser and --tool-call-parser are applied differently in the two.");

    public static FindingKind NoAnswer { get; } = new(
        "reasoning-only", Severity.Warning, "The model ends after its reasoning, without an answer",
        "An agent takes the empty text for the answer.",
        "Server: the --reasoning-parser that fits the model. Client: ask again; see the note NoAnswer.");

    public static FindingKind ReasoningInText { get; } = new(
        "reasoning-in-text", Severity.Warning, "Reasoning is delivered as text",
        "Users read the model's reasoning, and parsers of the answer stumble over <think>.",
        "Server: --reasoning-parser NAME, as fits the model.");

    public static FindingKind Markup { get; } = new(
        "markup-in-text", Severity.Warning, "Markers of the model's template leak into the text",
        "Users read <|...|>, and agents parse it.",
        "Server: the --tool-call-parser, --reasoning-parser or chat template that fits the model; vLLM 0.11 or later for granite.");

    public static FindingKind NotHidden { get; } = new(
        "reasoning-not-hidden", Severity.Info, "include_reasoning false is ignored in streams",
        "Reasoning that was not wanted comes anyway, and costs bytes.",
        "Server: vLLM 0.26 or later. Client: drop them, as VllmAdapter does.");

    public static FindingKind UsageMissing { get; } = new(
        "usage-missing", Severity.Warning, "No token counts come, though they were asked for",
        "Budgets are blind, and a cut call cannot be told from a whole one.",
        "Proxy: pass stream_options and the usage chunk on. Server: --enable-force-include-usage.");

    public static FindingKind ContinuousMissing { get; } = new(
        "continuous-usage-missing", Severity.Info, "Tokens are only counted at the end",
        "Nobody knows what a stream cost that broke off.",
        "Proxy: pass stream_options.continuous_usage_stats on.");

    public static FindingKind CountBeyond { get; } = new(
        "count-beyond-cap", Severity.Warning, "More tokens are counted than were allowed",
        "The count proves nothing: neither a cut nor an exhausted budget.",
        "Server or proxy: it counts something else, or ignores max_tokens.");

    public static FindingKind Undercounts { get; } = new(
        "usage-undercounts", Severity.Warning, "Fewer tokens are counted than were written",
        "Budgets run over (vLLM 0.8.5 with several answers counts too few).",
        "Client: send several requests instead of n > 1.");

    public static FindingKind PromptDisagrees { get; } = new(
        "tokenize-disagrees", Severity.Warning, "/tokenize and usage count the prompt differently",
        "Plans based on /tokenize overrun the context window.",
        "Server: the same chat template on both; vLLM 0.11 or later counts tools (0.8.5 leaves them out). Client: leave room.");

    public static FindingKind LogprobsMissing { get; } = new(
        "logprobs-missing", Severity.Warning, "Log probabilities do not come, or not for every token",
        "Evaluations and confidence measures are silently wrong.",
        "Proxy: pass logprobs and top_logprobs on. Server: --max-logprobs.");

    public static FindingKind IdChanges { get; } = new(
        "response-id-changes", Severity.Warning, "The reply's id changes in the middle of a stream",
        "A gateway switched servers: text may be doubled or missing.",
        "Proxy: no retries after the first byte.");

    public static FindingKind Lossy { get; } = new(
        "text-lossy", Severity.Warning, "Text is not valid UTF-8",
        "Characters are lost: a piece was split inside one.",
        "Proxy: pass bytes on unchanged. Server: a newer vLLM.");

    public static FindingKind OddFields { get; } = new(
        "fields-odd", Severity.Info, "Fields have unexpected types",
        "Clients with strict types throw.",
        "Client: one that reads leniently, as VllmAdapter does.");

    public static FindingKind OddChoices { get; } = new(
        "choices-unexpected", Severity.Warning, "More answers come than were asked for, or oddly numbered ones",
        "Clients that rely on the index mix up the answers.",
        "Proxy: it renumbers the choices.");

    public static IReadOnlyList<FindingKind> All { get; } =
    [
        Unconstrained, StopIgnored, Cumulative,
        UsageMissing, CountBeyond, Undercounts, WholeDiffers, NoAnswer, ReasoningInText, Markup, LogprobsMissing, PromptDisagrees, StopInText, IdChanges, Lossy, OddChoices,
        NotHidden, ContinuousMissing, OddFields,
    ];
}
