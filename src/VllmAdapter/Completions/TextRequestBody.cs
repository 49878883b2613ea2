using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a <see cref="TextRequest"/> as the body of <c>POST /v1/completions</c>.</summary>
internal static class TextRequestBody
{
    public static JsonObject Build(TextRequest request, string? defaultModel, UsageReporting defaultUsage)
    {
        var body = new JsonObject();
        body.Put("model", request.Model ?? defaultModel);
        PutPrompts(body, request);

        // Never null: vLLM before 0.24 answers that with 500.
        body.Put("max_tokens", request.MaxTokens);
        body.Put("n", request.ChoiceCount);
        ChatRequestBody.PutStream(body, request.Stream, request.UsageReporting ?? defaultUsage);
        ChatRequestBody.PutSampling(body, request.Sampling);
        request.Output?.WriteTo(body);
        if (request.Echo)
            body["echo"] = true;
        body.Put("suffix", request.Suffix);
        PutLogprobs(body, request.Logprobs);
        body.Put("prompt_logprobs", request.PromptLogprobs);
        body.Put("truncate_prompt_tokens", request.TruncateTo);
        body.Put("add_special_tokens", request.AddSpecialTokens);
        ChatRequestBody.PutServing(body, request.Serving);
        body.Put("user", request.User);
        ChatRequestBody.Merge(body, request.Extra, request.Stream);
        RequestCheck.Check(body, request.SendUnchecked, TextRules.FaultOf);
        return body;
    }

    /// <summary>How many prompts a finished body holds: a list of numbers is the tokens of one.</summary>
    public static int PromptsIn(JsonObject body) =>
        (body["prompt"] ?? body["prompt_embeds"]) is JsonArray { Count: > 0 } list && list[0]?.GetValueKind() != JsonValueKind.Number ? list.Count : 1;

    private static void PutPrompts(JsonObject body, TextRequest request)
    {
        IReadOnlyList<TextPrompt> prompts = request.Prompts;
        if (prompts.Count == 0)
        {
            if (request.Extra?.ContainsKey("prompt") is true || request.Extra?.ContainsKey("prompt_embeds") is true)
                return;

            throw RequestRefusal.Because("Prompts is empty. Add at least one, such as \"Once upon a time\".");
        }

        int texts = prompts.Count(prompt => prompt.Text is not null);
        if (texts != 0 && texts != prompts.Count)
            throw RequestRefusal.Because($"Prompts holds {texts} texts and {prompts.Count - texts} lists of tokens, and vLLM takes only one kind at a time. Send two requests, or tokenize the texts (VllmServer.TokenizeAsync).");

        body["prompt"] = prompts.Count == 1 ? Write(prompts[0]) : new JsonArray([.. prompts.Select(Write)]);
    }

    private static JsonNode Write(TextPrompt prompt) =>
        prompt.Text is { } text ? JsonValue.Create(text) : new JsonArray([.. prompt.TokenIds!.Select(id => (JsonNode)id)]);

    // Here the field is a number: how many alternatives beside the token itself.
    private static void PutLogprobs(JsonObject body, LogprobOptions? logprobs)
    {
        if (logprobs is null)
            return;

        body.Put("logprobs", logprobs.TopLogprobs ?? 0);
        body.Put("logprob_token_ids", logprobs.TokenIds);
        body.Put("return_tokens_as_token_ids", logprobs.TokensAsIds);
    }
}
