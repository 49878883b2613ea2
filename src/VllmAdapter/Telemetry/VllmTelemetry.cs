namespace VllmAdapter.Diagnostics;

/// <summary>The names under which the adapter reports what it does, for whoever sets up tracing and metrics.</summary>
/// <remarks>
/// Every call is one span, <c>chat {model}</c> (<c>text_completion</c>, <c>transcription</c>, <c>translation</c> on the routes of those), from its sending
/// to its outcome, and every run of a <see cref="ToolLoop"/>'s handler one,
/// <c>execute_tool {name}</c>. Names starting with <c>gen_ai</c> are those of the
/// OpenTelemetry conventions for generative AI, which are still in development. Neither prompts nor answers are captured: spans and
/// metrics hold no content, and the log has it at Trace only. Nothing is spent on what nobody listens to.
/// </remarks>
/// <example>
/// <code>
/// builder.Services.AddOpenTelemetry()
///     .WithTracing(tracing => tracing.AddSource(VllmTelemetry.SourceName))
///     .WithMetrics(metrics => metrics.AddMeter(VllmTelemetry.MeterName));
/// </code>
/// </example>
public static class VllmTelemetry
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "VllmAdapter";

    /// <summary>The name of the meter.</summary>
    public const string MeterName = "VllmAdapter";

    /// <summary>The names of the instruments.</summary>
    public static class Instruments
    {
        /// <summary>Histogram, seconds: from sending a request to its outcome or failure, the consumer's own time included.</summary>
        public const string OperationDuration = "gen_ai.client.operation.duration";

        /// <summary>
        /// Histogram, tokens, by <see cref="Attributes.TokenType"/>. Reported only where the server's count is known to be whole: a missing
        /// count is not zero, and a lower bound is not a count.
        /// </summary>
        public const string TokenUsage = "gen_ai.client.token.usage";

        /// <summary>Histogram, seconds: from sending a request to the first chunk of its stream.</summary>
        public const string TimeToFirstChunk = "gen_ai.client.operation.time_to_first_chunk";

        /// <summary>Histogram, seconds: from one chunk of a stream to the next, once for each chunk after the first.</summary>
        public const string TimePerOutputChunk = "gen_ai.client.operation.time_per_output_chunk";

        /// <summary>Histogram, seconds: how long the handler of a <see cref="ToolLoop"/>'s tool ran, by <see cref="Attributes.ToolName"/>.</summary>
        public const string ToolDuration = "gen_ai.execute_tool.duration";

        /// <summary>Counter: replies that came to an outcome, by <see cref="Attributes.Verdict"/> and <see cref="Attributes.TerminationCause"/>.</summary>
        public const string StreamOutcomes = "vllm_adapter.stream.outcomes";

        /// <summary>Counter, bytes: what was not sent of images that the server had (<see cref="VllmAdapterOptions.SendImagesOnce"/>).</summary>
        public const string ImageBytesSaved = "vllm_adapter.image.bytes_saved";
    }

    /// <summary>The names of the attributes of spans and measurements.</summary>
    public static class Attributes
    {
        /// <summary>How the stream ended: a <see cref="StreamVerdict"/> in snake case, such as <c>length_limited</c>.</summary>
        public const string Verdict = "vllm_adapter.stream.verdict";

        /// <summary>Why the adapter stopped reading: the name of a <see cref="VllmAdapter.Diagnostics.TerminationCause"/>.</summary>
        public const string TerminationCause = "vllm_adapter.stream.termination_cause";

        /// <summary>How many tool calls were withheld; absent if none was.</summary>
        public const string WithheldToolCalls = "vllm_adapter.tool_calls.withheld";

        /// <summary>How often the request was sent.</summary>
        public const string Attempts = "vllm_adapter.request.attempts";

        /// <summary>The id under which the request was sent (<c>X-Request-Id</c>), to be found in the server's log.</summary>
        public const string RequestId = "vllm_adapter.request.id";

        /// <summary>
        /// What went wrong: the verdict if the stream failed, a <see cref="RequestFailure"/> in snake case if it never began, or the type of
        /// an exception. Absent if nothing did, and if the caller canceled or left.
        /// </summary>
        public const string ErrorType = "error.type";

        /// <summary>The server's host.</summary>
        public const string ServerAddress = "server.address";

        /// <summary>The server's port.</summary>
        public const string ServerPort = "server.port";

        /// <summary><c>chat</c>, or <c>execute_tool</c> on the span of a handler.</summary>
        public const string OperationName = "gen_ai.operation.name";

        /// <summary>Always <c>vllm</c>.</summary>
        public const string ProviderName = "gen_ai.provider.name";

        /// <summary>The conversation: the <see cref="RequestHeaders.Session"/> of the request.</summary>
        public const string ConversationId = "gen_ai.conversation.id";

        /// <summary><c>json</c> or <c>text</c>, if the request asks for either.</summary>
        public const string OutputType = "gen_ai.output.type";

        /// <summary>The model asked for; absent if the choice is the server's.</summary>
        public const string RequestModel = "gen_ai.request.model";

        /// <summary>Whether the reply was asked for as a stream.</summary>
        public const string RequestStream = "gen_ai.request.stream";

        /// <summary>The request's max tokens.</summary>
        public const string RequestMaxTokens = "gen_ai.request.max_tokens";

        /// <summary>How many answers were asked for, if more than one.</summary>
        public const string RequestChoiceCount = "gen_ai.request.choice.count";

        /// <summary>The request's temperature.</summary>
        public const string RequestTemperature = "gen_ai.request.temperature";

        /// <summary>The request's top-p.</summary>
        public const string RequestTopP = "gen_ai.request.top_p";

        /// <summary>The request's top-k.</summary>
        public const string RequestTopK = "gen_ai.request.top_k";

        /// <summary>The request's seed.</summary>
        public const string RequestSeed = "gen_ai.request.seed";

        /// <summary>The request's stop strings.</summary>
        public const string RequestStopSequences = "gen_ai.request.stop_sequences";

        /// <summary>The request's frequency penalty.</summary>
        public const string RequestFrequencyPenalty = "gen_ai.request.frequency_penalty";

        /// <summary>The request's presence penalty.</summary>
        public const string RequestPresencePenalty = "gen_ai.request.presence_penalty";

        /// <summary>The request's word for how hard to reason.</summary>
        public const string RequestReasoningLevel = "gen_ai.request.reasoning.level";

        /// <summary>The server's id of the reply.</summary>
        public const string ResponseId = "gen_ai.response.id";

        /// <summary>
        /// The model that answered, in the server's words. Measurements name it only if it is the one asked for or reads like a model's name.
        /// </summary>
        public const string ResponseModel = "gen_ai.response.model";

        /// <summary>The finish reasons that the server declared, by choice; absent if it declared none.</summary>
        public const string ResponseFinishReasons = "gen_ai.response.finish_reasons";

        /// <summary>Seconds from sending the request to the first chunk of its stream.</summary>
        public const string ResponseTimeToFirstChunk = "gen_ai.response.time_to_first_chunk";

        /// <summary>The tool whose handler ran.</summary>
        public const string ToolName = "gen_ai.tool.name";

        /// <summary>Always <c>function</c>.</summary>
        public const string ToolType = "gen_ai.tool.type";

        /// <summary>The id of the call that the handler answered.</summary>
        public const string ToolCallId = "gen_ai.tool.call.id";

        /// <summary><c>input</c> or <c>output</c>.</summary>
        public const string TokenType = "gen_ai.token.type";

        /// <summary>Tokens of the prompt.</summary>
        public const string UsageInputTokens = "gen_ai.usage.input_tokens";

        /// <summary>Tokens generated; absent unless the count is whole.</summary>
        public const string UsageOutputTokens = "gen_ai.usage.output_tokens";

        /// <summary>Tokens of the prompt that came from the prefix cache.</summary>
        public const string UsageCacheReadTokens = "gen_ai.usage.cache_read.input_tokens";

        /// <summary>Tokens of the prompt newly written to the prefix cache.</summary>
        public const string UsageCacheWriteTokens = "gen_ai.usage.cache_write.input_tokens";

        /// <summary>Tokens generated as reasoning.</summary>
        public const string UsageReasoningTokens = "gen_ai.usage.reasoning.output_tokens";
    }
}
