namespace VllmAdapter.Testing;

/// <summary>The fields of a chat request that a version knows; any other is silently ignored.</summary>
/// <remarks>Those of 0.32.0 are read off its own description.</remarks>
internal static class RequestFields
{
    private static readonly string[] Everywhere =
    [
        "messages", "model", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "max_tokens", "max_completion_tokens", "n", "presence_penalty",
        "response_format", "seed", "stop", "stream", "stream_options", "temperature", "top_p", "tools", "tool_choice", "parallel_tool_calls", "user",
        "use_beam_search", "top_k", "min_p", "repetition_penalty", "length_penalty", "stop_token_ids", "include_stop_str_in_output", "ignore_eos", "min_tokens",
        "skip_special_tokens", "spaces_between_special_tokens", "truncate_prompt_tokens", "prompt_logprobs", "echo", "add_generation_prompt",
        "continue_final_message", "add_special_tokens", "documents", "chat_template", "chat_template_kwargs", "mm_processor_kwargs", "priority", "request_id",
        "return_tokens_as_token_ids", "allowed_token_ids",
    ];

    // From a version, up to another where it was taken out again.
    private static readonly (string Name, int From, int Before)[] Sometimes =
    [
        ("guided_json", 0, 12), ("guided_regex", 0, 12), ("guided_choice", 0, 12), ("guided_grammar", 0, 12), ("structural_tag", 0, 12),
        ("guided_decoding_backend", 0, 12), ("guided_whitespace_pattern", 0, 12), ("logits_processors", 0, 17), ("best_of", 0, 12),
        ("cache_salt", 9, 100), ("kv_transfer_params", 9, 100), ("bad_words", 10, 100), ("vllm_xargs", 10, 100),
        ("reasoning_effort", 11, 100), ("include_reasoning", 11, 100), ("return_token_ids", 11, 100), ("structured_outputs", 11, 100),
        ("repetition_detection", 17, 100), ("media_io_kwargs", 18, 100), ("thinking_token_budget", 19, 100), ("return_prompt_text", 21, 100),
        ("truncation_side", 22, 100), ("logprob_token_ids", 26, 100), ("ec_transfer_params", 26, 100), ("session_id", 27, 100), ("stream_interval", 27, 100),
        ("watermarking", 30, 100), ("return_weight_versions", 33, 100),
    ];

    public static IEnumerable<string> Of(VllmProfile profile) =>
        Everywhere.Concat(Sometimes.Where(field => profile.Minor >= field.From && profile.Minor < field.Before).Select(field => field.Name));
}
