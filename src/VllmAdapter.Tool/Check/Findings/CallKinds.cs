namespace VllmAdapter.Tool.Check;

/// <summary>What can be wrong with tool calls.</summary>
internal static class CallKinds
{
    private const string AskWhole =
        "Server: another --tool-call-parser, or a newer vLLM. Client: ask without streaming (ChatRequest.Stream = false, or StreamRecovery.AskWhole) if the whole reply is right.";

    public static FindingKind CutCallLooksWhole { get; } = new(
        "cut-call-looks-whole", Severity.Fault, "A call that was cut looks whole, and the server does not say that it was cut",
        "An agent runs half a command: its JSON is complete, and only the token count shows that the rest is missing.",
        "Server: vLLM 0.32 or later for streams, 0.33 for whole replies (vllm#58228). Client: compare completion_tokens with max_tokens before a call is run, as VllmAdapter does; raise max_tokens.");

    public static FindingKind CutCallEmptied { get; } = new(
        "cut-call-emptied", Severity.Warning, "A call that was cut is delivered with empty arguments",
        "The finish reason is right, but an agent that looks at the call alone runs it without its arguments.",
        "Client: run no call of an answer that ended with \"length\". Server: another --tool-call-parser.");

    public static FindingKind CutMasked { get; } = new(
        "cut-masked", Severity.Fault, "A call cut by max tokens is declared as tool_calls",
        "An agent takes the cut for the model's own end: it runs, repairs or retries what only needed more tokens.",
        "Server: vLLM 0.32 or later for streams, 0.33 for whole replies (vllm#58228). Client: compare completion_tokens with max_tokens, as VllmAdapter does.");

    public static FindingKind CallsDiffer { get; } = new(
        "stream-loses-calls", Severity.Fault, "A call in the whole reply is missing or different in the stream",
        "A streaming agent loses calls, or runs different ones from those that the model wrote.",
        AskWhole);

    public static FindingKind ArgumentsDamaged { get; } = new(
        "arguments-damaged", Severity.Fault, "A finished call's arguments are not one JSON object",
        "The call cannot be run; clients that repair JSON run a guess. The server's parser loses characters, or the model writes bad JSON.",
        AskWhole);

    public static FindingKind ArgumentsLost { get; } = new(
        "arguments-lost", Severity.Fault, "A finished call comes without the arguments that its tool requires",
        "Clients that replace nothing with {} run the tool without its arguments.",
        AskWhole);

    public static FindingKind CallNameLost { get; } = new(
        "call-name-lost", Severity.Fault, "A call comes without the name of its tool",
        "Nobody can tell what to run.",
        "Client: ask for one choice (n = 1) with tools on vLLM before 0.20. " + AskWhole);

    public static FindingKind CallLeftOpen { get; } = new(
        "call-left-open", Severity.Fault, "The answer ends in order in the middle of a call",
        "There is neither a finish reason nor the rest: an agent sees half a call and does not know why.",
        AskWhole);

    public static FindingKind CallInText { get; } = new(
        "call-in-text", Severity.Fault, "A call is delivered as text",
        "The agent does nothing, and the user reads markup.",
        "Server: the --tool-call-parser (and chat template) that fits the model. Client: ask without streaming if the whole reply is right.");

    public static FindingKind CallsAnnounced { get; } = new(
        "calls-announced-none-came", Severity.Fault, "The server declares tool_calls, and no call came",
        "An agent waits for, or stumbles over, calls that do not exist.",
        AskWhole);

    public static FindingKind ToolsRefused { get; } = new(
        "tools-not-enabled", Severity.Warning, "The server refuses tools with tool_choice auto",
        "Agents fail on their first turn.",
        "Server: --enable-auto-tool-choice and --tool-call-parser NAME.");

    public static FindingKind CallInTextOfNone { get; } = new(
        "call-in-text-despite-none", Severity.Warning, "With tool_choice none the model still writes a call, as text",
        "The last turn of an agent, which must answer, shows markup to the user.",
        "Server: --exclude-tools-when-tool-choice-none. Client: leave the tools out of the request instead.");

    public static FindingKind Undeclared { get; } = new(
        "call-undeclared", Severity.Warning, "A call names a tool that was not declared",
        "The model makes tools up, or the parser does not fit the model: a call named \"[\" is the whole list of calls.",
        "Server: check --tool-call-parser. Client: answer the model with the names that exist, as ToolLoop does.");

    public static FindingKind Misfits { get; } = new(
        "call-misfits", Severity.Warning, "A call does not fit its tool's schema",
        "A required argument is missing or has the wrong type; usually the model's mistake.",
        "Client: answer the model with what is wrong, as ToolLoop does, or ask with tool_choice required or a named tool, which constrain the arguments.");

    public static FindingKind IdMissing { get; } = new(
        "call-id-missing", Severity.Warning, "Calls come without an id",
        "Clients that match results by id lose them, or crash.",
        "Server: vLLM 0.11 or later. Client: make an id up, as VllmAdapter does.");

    public static FindingKind UnderStop { get; } = new(
        "calls-under-stop", Severity.Warning, "Calls come under the finish reason stop",
        "Agents that rely on the finish reason take the turn for the final answer and run nothing.",
        "Server: vLLM 0.20 or later. Client: look at the calls, not at the word.");

    public static FindingKind NamedUnderStop { get; } = new(
        "named-call-under-stop", Severity.Info, "The call of a named tool comes under the finish reason stop",
        "As OpenAI's API has it, and most vLLM versions. Agents that rely on the word alone run nothing.",
        "Client: look at the calls, not at the word.");

    public static FindingKind EndUnconfirmed { get; } = new(
        "call-end-unconfirmed", Severity.Warning, "Nothing confirms that a call is whole",
        "Neither a count of tokens nor the end marker shows that nothing was cut.",
        "Proxy: pass usage and [DONE] on. Client: ask for usage (stream_options.include_usage), set VllmAdapterOptions.ContextWindow.");

    public static FindingKind ParallelIgnored { get; } = new(
        "parallel-calls-not-limited", Severity.Info, "parallel_tool_calls false is ignored",
        "An agent that can do one thing at a time gets several.",
        "Server: vLLM 0.12 or later. Client: run the first.");

    public static IReadOnlyList<FindingKind> All { get; } =
    [
        CutCallLooksWhole, CutMasked, CallsDiffer, ArgumentsDamaged, ArgumentsLost, CallNameLost, CallLeftOpen, CallInText, CallsAnnounced,
        ToolsRefused, CutCallEmptied, CallInTextOfNone, Undeclared, Misfits, IdMissing, UnderStop, EndUnconfirmed,
        NamedUnderStop, ParallelIgnored,
    ];
}
