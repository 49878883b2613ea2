#pragma warning disable CA1707 // The underscore is the point of the version: 0.32 is V0_32.

using System.Globalization;

namespace VllmAdapter.Testing;

/// <summary>The vLLM release whose shapes, words and habits <see cref="FakeVllm"/> takes on.</summary>
/// <remarks>What each of them does was recorded from a real server of that version with the hermes tool parser.</remarks>
public sealed record VllmProfile
{
    // First: the profiles below are built from it.
    private static readonly ServerFault DeadCore = new(
        "EngineCore encountered an issue. See stack trace (above) for the root cause.", "InternalServerError", 500);

    private VllmProfile(string version) => Version = version;

    /// <summary>vLLM 0.33.0, November 2026: what disaggregated serving needs is in every chunk, and an engine that died is not named.</summary>
    public static VllmProfile V0_33 { get; } = new("0.33.0")
    {
        Fingerprint = "vllm-0.33.0-1f9e3624",
        HasFieldsOf032 = true,
        HasFieldsOf033 = true,
        ClampsToContext = true,
        ShortensValidation = true,
        StreamsForcedCallsAsOthers = true,
        EngineDeath = new("The server had an error while processing your request.", "InternalServerError", 500),
    };

    /// <summary>vLLM 0.32.0, autumn 2026.</summary>
    public static VllmProfile V0_32 { get; } = new("0.32.0")
    {
        Fingerprint = "vllm-0.32.0-d546c035",
        HasFieldsOf032 = true,
        ClampsToContext = true,
        ShortensValidation = true,
        StreamsForcedCallsAsOthers = true,
    };

    /// <summary>vLLM 0.20.2, spring 2026: an empty list of tool calls beside every text, and a call cut by max tokens still says <c>tool_calls</c>.</summary>
    public static VllmProfile V0_20 { get; } = new("0.20.2") { HasEmptyCallLists = true, MasksLength = true, NullsLastPiece = true };

    /// <summary>vLLM 0.11.0, autumn 2025: reasoning is <c>reasoning_content</c>, and a call cut by max tokens is closed and says <c>tool_calls</c>.</summary>
    public static VllmProfile V0_11 { get; } = new("0.11.0")
    {
        ReasoningField = "reasoning_content",
        CallsHaveNullContent = false,
        FinishHasEmptyContent = true,
        HasVaryHeader = false,
        IdLength = 32,
        MasksLength = true,
        ClosesCutCalls = true,
        CountsByDefault = true,
        NamesParameters = false,
        CompletesRequiredWith = "stop",
        CompletesNamedWith = "tool_calls",
        EngineDeath = DeadCore with { Type = "BadRequestError", Code = 400 },
    };

    /// <summary>vLLM 0.8.5, spring 2025: flat errors, finish reasons that are missing, a context that is refused and never clamped.</summary>
    public static VllmProfile V0_8 { get; } = V0_11 with
    {
        Version = "0.8.5",
        HasFlatErrors = true,
        HasTokenIds = false,
        LosesReasons = true,
        CompletesNamedWith = "stop",
        EngineDeath = new ServerFault(
            "Engine loop is not running. Inspect the stacktrace to find the original error: RuntimeError('Engine process died.').", "BadRequestError", 400),
    };

    /// <summary>Every profile, newest first.</summary>
    public static IReadOnlyList<VllmProfile> All { get; } = [V0_33, V0_32, V0_20, V0_11, V0_8];

    /// <summary>The version that <c>GET /version</c> tells.</summary>
    public string Version { get; private init; }

    // The 33 of 0.33.0: what is refused is told by it.
    internal int Minor => int.Parse(Version.Split('.')[1], CultureInfo.InvariantCulture);

    internal string ReasoningField { get; private init; } = "reasoning";

    internal bool CallsHaveNullContent { get; private init; } = true;

    internal bool FinishHasEmptyContent { get; private init; }

    internal bool HasEmptyCallLists { get; private init; }

    internal bool HasTokenIds { get; private init; } = true;

    internal bool HasFieldsOf032 { get; private init; }

    // kv_transfer_params at the end of every chunk, weight_versions beside every reason, and error events without blanks.
    internal bool HasFieldsOf033 { get; private init; }

    // "required" and a named tool go through the parser that "auto" goes through; before, the name came with the first argument.
    internal bool StreamsForcedCallsAsOthers { get; private init; }

    // Since 0.13 a refusal names the parameter and its value, in the sentence and in "param".
    internal bool NamesParameters { get; private init; } = true;

    // Before 0.32 the whole of Python's validation error is handed through.
    internal bool ShortensValidation { get; private init; }

    internal bool HasVaryHeader { get; private init; } = true;

    internal bool HasFlatErrors { get; private init; }

    internal string? Fingerprint { get; private init; }

    internal int IdLength { get; private init; } = 16;

    // include_usage was true by default, once stream_options were sent at all, until 0.17 (#36379).
    internal bool CountsByDefault { get; private init; }

    // Prompt plus max_tokens over the window: accepted and clamped, or refused.
    internal bool ClampsToContext { get; private init; }

    // "tool_calls" in place of "length" as soon as a call has begun (#58228).
    internal bool MasksLength { get; private init; }

    // The last piece of a cut call has null for id, type and name.
    internal bool NullsLastPiece { get; private init; }

    // The rest of a cut call's JSON is made up, so that it looks whole.
    internal bool ClosesCutCalls { get; private init; }

    // With tool_choice "required", or when cut inside a call, no chunk has a reason at all.
    internal bool LosesReasons { get; private init; }

    // The reasons of a whole reply for "required", and of a stream for a named tool.
    internal string CompletesRequiredWith { get; private init; } = "tool_calls";

    internal string CompletesNamedWith { get; private init; } = "stop";

    internal ServerFault EngineDeath { get; private init; } = DeadCore;

    /// <inheritdoc/>
    public override string ToString() => $"vLLM {Version}";
}
