using System.Collections.Frozen;

namespace VllmAdapter;

/// <summary>When vLLM learned, and forgot, the fields of a chat request that not every version knows.</summary>
/// <param name="Since">The first version that knows it; null if it is older than 0.8.5.</param>
/// <param name="Until">The first version that does not know it any more; null if it is known still.</param>
/// <param name="IsRough">Whether the first version is known to about two releases only.</param>
/// <param name="Instead">What to use in place of a field that was taken out.</param>
internal sealed record FieldHistory(Version? Since, Version? Until = null, bool IsRough = false, string? Instead = null)
{
    private const string Structured = "structured_outputs, since 0.11.0";

    // Known from 0.8.5 to 0.33.0: of these nobody needs to ask.
    private static readonly FrozenSet<string> Everywhere = new[]
    {
        "messages", "model", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "max_tokens", "max_completion_tokens", "n", "presence_penalty",
        "response_format", "seed", "stop", "stream", "stream_options", "temperature", "top_p", "tools", "tool_choice", "parallel_tool_calls", "user",
        "use_beam_search", "top_k", "min_p", "repetition_penalty", "length_penalty", "stop_token_ids", "include_stop_str_in_output", "ignore_eos", "min_tokens",
        "skip_special_tokens", "spaces_between_special_tokens", "truncate_prompt_tokens", "prompt_logprobs", "echo", "add_generation_prompt",
        "continue_final_message", "add_special_tokens", "documents", "chat_template", "chat_template_kwargs", "mm_processor_kwargs", "priority", "request_id",
        "return_tokens_as_token_ids",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, FieldHistory> All = new Dictionary<string, FieldHistory>(StringComparer.Ordinal)
    {
        ["guided_json"] = Before(0, 12, Structured),
        ["guided_regex"] = Before(0, 12, Structured),
        ["guided_choice"] = Before(0, 12, Structured),
        ["guided_grammar"] = Before(0, 12, Structured),
        ["structural_tag"] = Before(0, 12, Structured),
        ["guided_decoding_backend"] = Before(0, 12),
        ["guided_whitespace_pattern"] = Before(0, 12, Structured),
        ["best_of"] = Before(0, 12),
        ["logits_processors"] = Before(0, 17),
        ["cache_salt"] = From(0, 9, 0),
        ["kv_transfer_params"] = From(0, 9, 0),
        ["bad_words"] = From(0, 9, 2),
        ["vllm_xargs"] = From(0, 9, 2),
        ["reasoning_effort"] = From(0, 10, 1),
        ["include_reasoning"] = From(0, 10, 1),
        ["return_token_ids"] = From(0, 10, 2),
        ["structured_outputs"] = From(0, 11, 0),
        ["repetition_detection"] = From(0, 17, 0),
        ["media_io_kwargs"] = From(0, 18, 0),
        ["thinking_token_budget"] = From(0, 19, 0),
        ["return_prompt_text"] = AboutSince(0, 21),
        ["truncation_side"] = AboutSince(0, 22),
        ["logprob_token_ids"] = AboutSince(0, 26),
        ["ec_transfer_params"] = AboutSince(0, 26),
        ["session_id"] = AboutSince(0, 27),
        ["stream_interval"] = AboutSince(0, 27),
        ["watermarking"] = AboutSince(0, 30),
        ["return_weight_versions"] = From(0, 33, 0),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether every version knows a field.</summary>
    public static bool IsKnownEverywhere(string field) => Everywhere.Contains(field);

    /// <summary>What is known of a field; null if nothing is.</summary>
    public static FieldHistory? Of(string field) => All.GetValueOrDefault(field);

    /// <summary>Whether a version surely ignores it.</summary>
    public bool IsIgnoredBy(Version version) => (Until is not null && version >= Until) || (SurelyBefore is not null && version < SurelyBefore);

    /// <summary>When it was known, as a sentence.</summary>
    public string Explain() => (Since, Until) switch
    {
        (_, { } until) => $"vLLM knew it before {until}{(Instead is { } instead ? $"; use {instead}" : "")}.",
        ({ } since, _) => $"vLLM has known it since {(IsRough ? $"about {since.ToString(2)}" : since)}.",
        _ => "Every vLLM knows it.",
    };

    private static FieldHistory From(int major, int minor, int patch) => new(new Version(major, minor, patch));

    private static FieldHistory AboutSince(int major, int minor) => new(new Version(major, minor, 0), IsRough: true);

    private static FieldHistory Before(int major, int minor, string? instead = null) => new(null, new Version(major, minor, 0), Instead: instead);

    private Version? SurelyBefore => Since is { } since && IsRough ? new Version(since.Major, since.Minor - 2, 0) : Since;
}
