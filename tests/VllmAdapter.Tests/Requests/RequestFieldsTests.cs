namespace VllmAdapter.Tests.Requests;

public class RequestFieldsTests
{
    private const string FieldsOfVllm0320 =
        """
        messages model frequency_penalty logit_bias logprobs top_logprobs max_tokens max_completion_tokens n presence_penalty
        response_format seed stop stream stream_options temperature top_p tools tool_choice reasoning_effort
        thinking_token_budget include_reasoning parallel_tool_calls user use_beam_search top_k min_p repetition_penalty
        watermarking length_penalty stop_token_ids include_stop_str_in_output ignore_eos min_tokens skip_special_tokens
        spaces_between_special_tokens truncate_prompt_tokens truncation_side prompt_logprobs logprob_token_ids
        allowed_token_ids bad_words echo add_generation_prompt continue_final_message add_special_tokens documents
        chat_template chat_template_kwargs media_io_kwargs mm_processor_kwargs structured_outputs priority request_id
        session_id return_tokens_as_token_ids return_token_ids routed_experts_prompt_start return_token_offsets
        return_prompt_text mm_payload return_mm_kwargs cache_salt kv_transfer_params ec_transfer_params vllm_xargs
        repetition_detection stream_interval
        """;

    private static readonly Dictionary<string, string> OnlyThroughExtra = new(StringComparer.Ordinal)
    {
        ["max_completion_tokens"] = "MaxTokens is sent as max_tokens, which every version knows",
        ["request_id"] = "RequestHeaders.RequestId says it, and gateways see it too",
        ["session_id"] = "RequestHeaders.Session says it, and routers see it too",
        ["return_token_offsets"] = "of use to the render endpoints only",
        ["mm_payload"] = "of use to the render endpoints only",
        ["return_mm_kwargs"] = "of use to the render endpoints only",
        ["routed_experts_prompt_start"] = "for training from rollouts, not for chat",
    };

    [Fact]
    public void Every_field_of_vLLM_0_32_0_is_typed_or_left_to_Extra_for_a_reason()
    {
        string[] fields = FieldsOfVllm0320.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var typed = ChatRequestBodyTests.Members
            .SelectMany(row => ((ChatRequest)row[1] with { SendUnchecked = true }).Body(usage: UsageReporting.Continuous))
            .Select(field => field.Key)
            .ToHashSet(StringComparer.Ordinal);

        fields.Should().HaveCount(68);
        typed.Concat(OnlyThroughExtra.Keys).Should().BeEquivalentTo(fields);
    }
}
