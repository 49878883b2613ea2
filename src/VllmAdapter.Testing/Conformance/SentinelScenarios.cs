using static VllmAdapter.Testing.ScenarioRows;

namespace VllmAdapter.Testing;

/// <summary>What stands, or does not stand, at the end of a stream.</summary>
internal static class SentinelScenarios
{
    private static readonly ScriptedReply Hello = Script.Says("Hel", "lo.");

    public static IReadOnlyList<Scenario> Rows { get; } =
    [
        Text("stop, usage, sentinel", "recorded 0.32.0", Hello.Finishes("stop").Uses(10, 3).Done(), Ends.Completed("Hello.").Leaves(BudgetState.Available)),
        Text("no finish reason, but usage and sentinel", "vllm#27572, ogx#2113, LightLLM#130", Hello.Uses(10, 3).Done(), Ends.Unconfirmed("Hello.").Leaves(BudgetState.Available)),
        Text("no finish reason, sentinel", "vllm-mlx#673, CLIProxyAPI#5310", Hello.Done(), Ends.Unconfirmed("Hello.").Notes(OutcomeNoteKind.UsageMissing).Leaves(BudgetState.Indeterminate)),
        Text("no finish reason, no sentinel, body ends in order", "pydantic-ai#6610, vercel/ai#19165, LiteLLM#40260", Hello, Ends.Broken("Hello.").Leaves(BudgetState.Indeterminate)),
        Text("stop, but no sentinel", "openai-cf-workers-ai#7", Hello.Finishes("stop"), Ends.Completed("Hello.").Notes(OutcomeNoteKind.EndedWithoutSentinel)),
        Text("stop, then the connection is reset", "openai-node", Hello.Finishes("stop").Resets(), Ends.Completed("Hello.").Notes(OutcomeNoteKind.EndedWithoutSentinel)).NotOverHttp2(),
        Text("stop, then the connection is cut", "openai-node", Hello.Finishes("stop").Cuts(), Ends.Completed("Hello.").Notes(OutcomeNoteKind.EndedWithoutSentinel)).NotOverHttp2(),
        Text("stop, then silence", "mistral.rs#1874", Hello.Finishes("stop").GoesSilent().InOnePiece(), Ends.Completed("Hello.").Notes(OutcomeNoteKind.EndedWithoutSentinel)).ImpatientForTheSentinel(),
        Text("sentinel, but the connection stays open", "pi#7959, openai-python#3566", Hello.Finishes("stop").Uses(10, 3).Done().GoesSilent(), Ends.Completed("Hello.")),
        Text("an empty word is no finish reason", "ollama#4357, sglang#3912", Script.Says("Hel").Finishes("", saying: "lo.").Done(), Ends.Unconfirmed("Hello.")),
        Text("abort", "vllm#57082, sglang#2956, recorded 0.20.2", Hello.Finishes("abort").Uses(10, 3).Done(), Ends.Aborted("Hello.")),
        Text("repetition", "recorded 0.32.0", Hello.Finishes("repetition", stopReason: "repetition_detected").Uses(10, 3).Done(), Ends.Stopped("Hello.")),
        Text("error as a finish reason", "OmniRoute#8210, together-python#153", Hello.Finishes("error").Done(), Ends.ServerError("Hello.")),
        Text("the end token's name for stop", "text-generation-inference#2344, AIShell#350", Hello.Finishes("eos_token").Uses(10, 3).Done(), Ends.Completed("Hello.")),
        Text("a finish reason that nobody knows", "req_llm#935", Hello.Finishes("preempted").Uses(10, 3).Done(), Ends.Stopped("Hello.")),
        Text("a word that sounds like length is not taken for it", "litellm#12481", Hello.Finishes("MAX_TOKENS").Uses(10, 3).Done(), Ends.Stopped("Hello.")),
        Text("content_filter", "Azure", Hello.Finishes("content_filter").Done(), Ends.Stopped("Hello.")),
        Text("two finish reasons that differ", "llama-stack", Hello.Finishes("stop").Finishes("length").Uses(10, 3).Done(), Ends.Length(LengthLimit.Unattributed, "Hello.").Notes(OutcomeNoteKind.ConflictingFinishReasons)),
        Text("a finish reason repeated on later chunks", "Microsoft.Extensions.AI.OpenAI", Hello.Finishes("stop").Finishes("stop").Finishes("stop").Done(), Ends.Completed("Hello.")),
        Text("a finish reason on every chunk", "litellm#376", Script.Finishes("stop", saying: "Hel").Finishes("stop", saying: "lo.").Done(), Ends.Completed("Hello.").Notes(OutcomeNoteKind.LateOutput)),
        Text("the last text in the finish chunk", "vllm#35705, rust-genai#164", Script.Says("Hel").Finishes("stop", saying: "lo.").Uses(10, 3).Done(), Ends.Completed("Hello.")),
        Text("text after the finish reason", "opencode#43040", Script.Says("Hel").Finishes("stop").Says("lo.").Done(), Ends.Completed("Hello.").Notes(OutcomeNoteKind.LateOutput)),
        Text("two sentinels", "proxies", Hello.Finishes("stop").Done().Done(), Ends.Completed("Hello.")),
        Text("text after the sentinel", "proxies", Hello.Finishes("stop").Done().Says("Hello."), Ends.Completed("Hello.")),
        Text("nothing but the sentinel", "vllm serving.py", Script.Done(), Ends.Broken().Leaves(BudgetState.Indeterminate)),
        Text("nothing at all", "CLIProxyAPI#2447", Script.Empty, Ends.Broken()),
        Text("nothing but the role, and the sentinel", "vllm serving.py", Script.Says("").Done(), Ends.Broken()),
        Text("an end token at once", "recorded 0.32.0", Script.Finishes("stop").Uses(10, 1).Done(), Ends.Completed()),
        Text("a stop string at once", "recorded 0.32.0", Script.Finishes("stop", stopReason: "END").Uses(10, 12).Done(), Ends.Completed()),
        Text("tokens counted, nothing delivered", "recorded 0.32.0", Script.Finishes("stop").Uses(10, 26).Done(), Ends.Unconfirmed().Notes(OutcomeNoteKind.OutputMissing)),
        Text("the last event lacks its blank line", "langchain4j", Hello.Finishes("stop").Unterminated(), Ends.Completed("Hello.").Notes(OutcomeNoteKind.LastEventUnterminated)),
        Text("the body ends inside an event", "NeoGraph#143, inference-perf#530", Hello.Sends("data: {\"id\": \"chatcmpl-1\", \"cho"), Ends.Cut("Hello.")),
    ];
}
