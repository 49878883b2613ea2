using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What does not fit into the context window, in the numbers and words of the version.</summary>
internal sealed class ContextRefusals(VllmProfile profile, FakeVllmOptions options, RefusalWriter writer)
{
    public WireReply? Of(JsonNode body, int prompt)
    {
        int window = options.ContextWindow;
        int? asked = FakeCall.MaxTokens(body);
        int wanted = asked ?? 0;
        string model = $"This model's maximum context length is {window} tokens.";
        if (profile.HasFlatErrors)
        {
            return prompt + Math.Max(wanted, 1) <= window ? null : writer.Refuse(
                asked is null
                    ? $"{model} However, you requested {prompt} tokens in the messages, Please reduce the length of the messages."
                    : $"{model} However, you requested {prompt + wanted} tokens ({prompt} in the messages, {wanted} in the completion). Please reduce the length of the messages or completion.");
        }

        if (!profile.NamesParameters)
        {
            if (prompt >= window)
                return writer.Refuse($"{model} However, your request has {prompt} input tokens. Please reduce the length of the input messages. None");
            return prompt + wanted <= window ? null : writer.Refuse(
                $"'max_tokens' or 'max_completion_tokens' is too large: {wanted}. {model[..^1]} and your request has {prompt} input tokens ({wanted} > {window} - {prompt}). None");
        }

        if (wanted > window)
        {
            return writer.Refuse(writer.Named(
                $"max_tokens={wanted} cannot be greater than max_model_len={window}. Please request fewer output tokens.", "max_tokens", $"{wanted}"));
        }

        // Counting stops one token past what fits, so the number is a lower bound.
        int room = profile.ClampsToContext ? window : window - wanted;
        if (prompt > room)
        {
            return writer.Refuse(writer.Named(
                profile.ClampsToContext
                    ? $"{model} However, your prompt contains at least {room + 1} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt."
                    : $"{model} However, you requested {wanted} output tokens and your prompt contains at least {room + 1} input tokens, for a total of at least {window + 1} tokens. Please reduce the length of the input prompt or the number of requested output tokens.",
                "input_tokens",
                $"{room + 1}"));
        }

        return prompt < window ? null : writer.Refuse(writer.Named("max_tokens must be at least 1, got 0.", "max_tokens", "0"));
    }
}
