using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a request as it is saved: the wire's fields, and <c>vllm_adapter</c> for what the wire has no field for.</summary>
internal static class ChatRequestJson
{
    /// <summary>Where everything stands that is not sent in the body, or not as it was set.</summary>
    public const string Section = "vllm_adapter";

    /// <exception cref="NotSupportedException">The request holds what cannot be written; the message names the member.</exception>
    public static string ToText(ChatRequest request) => OrUnsaved(
        request, static request => Encoding.UTF8.GetString(RequestJson.ToUtf8(request, ChatRequestBodyMessages.TextIn(request.Messages), WriteFields)));

    /// <inheritdoc cref="ToText"/>
    public static void Write(Utf8JsonWriter json, ChatRequest request) => OrUnsaved(request, request =>
    {
        WriteFields(json, request);
        return true;
    });

    private static T OrUnsaved<T>(ChatRequest request, Func<ChatRequest, T> write)
    {
        ThrowIfCode(request);
        ThrowIfSecret(request.Headers);
        try
        {
            return write(request);
        }
        catch (ArgumentException unwritable)
        {
            throw new NotSupportedException($"The request cannot be saved. {unwritable.Message}", unwritable);
        }
    }

    private static void WriteFields(Utf8JsonWriter json, ChatRequest request)
    {
        var body = new BodyWriter(json);
        json.WriteStartObject();
        body.Put("model", request.Model);
        json.WriteStartArray("messages"u8);
        foreach (VllmMessage message in request.Messages)
            MessageJson.Write(json, message);
        json.WriteEndArray();
        body.Put("max_tokens", request.MaxTokens);
        body.Put("n", request.ChoiceCount);
        body.Put("stream", request.Stream);
        ToolsBody.Put(body, request);
        ChatRequestBody.PutSampling(body, request.Sampling);
        body.Put("reasoning_effort", request.Reasoning?.Effort?.Value);
        body.Put("thinking_token_budget", request.Reasoning?.MaxTokens);
        body.Put("include_reasoning", request.Reasoning?.Include);
        request.Output?.SaveTo(body);
        PutPrompt(body, request.Prompt);
        ChatRequestBody.PutPrompt(body, request.Prompt);
        ChatRequestBody.PutMedia(body, request.Media);
        ChatRequestBody.PutLogprobs(body, request.Logprobs);
        ChatRequestBody.PutServing(body, request.Serving);
        body.Put("user", request.User);
        body.Put(Section, Own(request));
        json.WriteEndObject();
    }

    // As it was set: what follows from it, and what Reasoning adds, is worked out anew when it is sent.
    private static void PutPrompt(BodyWriter body, PromptOptions? prompt)
    {
        body.Put("chat_template_kwargs", prompt?.TemplateArguments);
        body.Put("chat_template", prompt?.ChatTemplate);
        body.Put("documents", prompt?.Documents ?? []);
        body.Put("continue_final_message", prompt?.ContinueFinalMessage);
        body.Put("add_generation_prompt", prompt?.AddGenerationPrompt);
        body.Put("add_special_tokens", prompt?.AddSpecialTokens);
        body.Put("echo", prompt?.Echo);
    }

    private static JsonObject Own(ChatRequest request)
    {
        var own = new JsonObject();
        own.Put("enable_thinking", request.Reasoning?.Enabled);
        own.Put("usage_reporting", request.UsageReporting is { } usage ? SavedWords.Of(usage) : null);
        own.Put("on_incomplete_stream", request.OnIncompleteStream is { } behavior ? SavedWords.Of(behavior) : null);
        if (request.Recovery is { } recovery)
            own["recovery"] = recovery.AsksWhole ? new JsonObject { ["ask_whole"] = true } : new JsonObject { ["continuations"] = recovery.Continuations };
        if (request.Headers is { } headers)
            own["headers"] = Headers(headers);
        if (request.SendUnchecked)
            own["send_unchecked"] = true;
        if (request.Extra is { } extra)
            own["extra"] = extra.DeepClone();
        own.Put("empty", [.. Empty(request)]);
        return own;
    }

    // On the wire a group or an object without anything in it is the same as none.
    private static IEnumerable<string> Empty(ChatRequest request)
    {
        (string Name, bool IsSet)[] mayBeEmpty =
        [
            ("sampling", request.Sampling is not null && request.Sampling == new SamplingOptions()),
            ("reasoning", request.Reasoning is not null && request.Reasoning == new ReasoningSettings()),
            ("prompt", request.Prompt is not null && request.Prompt == new PromptOptions()),
            ("media", request.Media is not null && request.Media == new MediaOptions()),
            ("serving", request.Serving is not null && request.Serving == new ServingOptions()),
            ("logit_bias", request.Sampling?.LogitBias is { Count: 0 }),
            ("repetition_detection", request.Sampling?.RepetitionDetection is { } detection && detection == new RepetitionDetection()),
            ("chat_template_kwargs", request.Prompt?.TemplateArguments is { Count: 0 }),
            ("media_io_kwargs", request.Media?.Reading is { Count: 0 }),
            ("mm_processor_kwargs", request.Media?.Processing is { Count: 0 }),
            ("kv_transfer_params", request.Serving?.KvTransfer is { Count: 0 }),
            ("ec_transfer_params", request.Serving?.EncoderTransfer is { Count: 0 }),
            ("vllm_xargs", request.Serving?.PluginArguments is { Count: 0 }),
        ];
        return mayBeEmpty.Where(group => group.IsSet).Select(group => group.Name);
    }

    private static JsonObject Headers(RequestHeaders headers)
    {
        var json = new JsonObject();
        json.Put("request_id", headers.RequestId);
        json.Put("session", headers.Session);
        json.Put("priority", headers.Priority);
        json.Put("data_parallel_rank", headers.DataParallelRank);
        if (headers.Additional is { } additional)
        {
            var more = new JsonObject();
            foreach ((string name, string value) in additional)
                more[name] = value;
            json["additional"] = more;
        }

        return json;
    }

    private static void ThrowIfSecret(RequestHeaders? headers)
    {
        if (headers?.Additional?.Keys.FirstOrDefault(IsSecret) is { } secret)
            throw new NotSupportedException($"Headers.Additional holds '{secret}': keys are not saved with a request. Take it out, and set it again after reading.");
    }

    private static bool IsSecret(string header) => header.ToUpperInvariant() is
        "AUTHORIZATION" or "PROXY-AUTHORIZATION" or "COOKIE" or "API-KEY" or "APIKEY" or "X-API-KEY" or "X-AUTH-TOKEN";

    private static void ThrowIfCode(ChatRequest request)
    {
        if (request.Termination is not null)
        {
            throw new NotSupportedException(
                "ChatRequest.Termination is code, which cannot be written as JSON. Save `request with { Termination = null }`, and set it again after reading.");
        }
    }
}
