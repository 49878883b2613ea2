using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>The word with which the server said why a choice ended; words that are not listed here are kept as they came.</summary>
/// <remarks>
/// An empty word is never a reason: servers that send <c>""</c> mean "not finished". vLLM itself sends <c>stop</c>, <c>length</c>,
/// <c>tool_calls</c>, <c>abort</c> and, since 0.17, <c>repetition</c>.
/// </remarks>
/// <param name="Value">The server's word, unchanged.</param>
[JsonConverter(typeof(VllmJsonConverter))]
public readonly record struct FinishReason(string Value)
{
    /// <summary>The model ended its answer, or a stop string or stop token was met.</summary>
    public static FinishReason Stop { get; } = new("stop");

    /// <summary>A limit cut the answer: the request's <c>max_tokens</c> or the model's context window.</summary>
    public static FinishReason Length { get; } = new("length");

    /// <summary>The model called tools. vLLM before 0.32 also writes this over <c>length</c> (vllm#58228).</summary>
    public static FinishReason ToolCalls { get; } = new("tool_calls");

    /// <summary>The older name of <see cref="ToolCalls"/>, sent by some gateways.</summary>
    public static FinishReason FunctionCall { get; } = new("function_call");

    /// <summary>The server gave up on the request, for example because it was told to stop (vLLM 0.20).</summary>
    public static FinishReason Abort { get; } = new("abort");

    /// <summary>The server's repetition detection ended the answer (vLLM 0.17 and later).</summary>
    public static FinishReason Repetition { get; } = new("repetition");

    /// <summary>A filter ended the answer; sent by gateways, never by vLLM.</summary>
    public static FinishReason ContentFilter { get; } = new("content_filter");

    /// <summary>The upstream of a gateway failed; vLLM sends an error event instead.</summary>
    public static FinishReason Error { get; } = new("error");

    /// <inheritdoc/>
    public override string ToString() => Value ?? "";

    /// <summary>Whether the model came to its end by itself. Text Generation Inference and others write the end token's name for "stop".</summary>
    internal bool MeansFinished => this == Stop || SaysCalls || Value is "eos" or "eos_token";

    internal bool SaysCalls => this == ToolCalls || this == FunctionCall;
}
