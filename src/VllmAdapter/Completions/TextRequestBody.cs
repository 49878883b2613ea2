using System.Text.Json;

namespace VllmAdapter;

/// <summary>Writes a <see cref="TextRequest"/> as the body of <c>POST /v1/completions</c>.</summary>
internal static class TextRequestBody
{
    /// <returns>The finished body, checked. It is to be disposed.</returns>
    /// <exception cref="ArgumentException">It cannot be sent; the message names the member.</exception>
    public static RequestBody Build(TextRequest request, string? defaultModel, UsageReporting defaultUsage)
    {
        byte[] utf8 = RequestJson.ToUtf8((request, defaultModel, defaultUsage), TextIn(request.Prompts), static (json, from) => Write(json, from.request, from.defaultModel, from.defaultUsage));
        var body = new RequestBody(utf8);
        RequestCheck.Check(body.Json, request.SendUnchecked, TextRules.FaultOf);
        return body;
    }

    /// <summary>How many prompts a finished body holds: a list of numbers is the tokens of one.</summary>
    public static int PromptsIn(JsonElement body) =>
        (body.At("prompt"u8) ?? body.At("prompt_embeds"u8)) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() is > 0 and var count && list[0].ValueKind != JsonValueKind.Number
            ? count
            : 1;

    private static long TextIn(IReadOnlyList<TextPrompt> prompts) => prompts.Sum(static prompt => prompt.Text?.Length ?? prompt.TokenIds!.Count * 6L);

    private static void Write(Utf8JsonWriter json, TextRequest request, string? defaultModel, UsageReporting defaultUsage)
    {
        var body = new BodyWriter(json, request.Extra, leavesTextFormatOut: !request.SendUnchecked);
        json.WriteStartObject();
        body.Put("model", request.Model ?? defaultModel);
        PutPrompts(body, request);

        // Never null: vLLM before 0.24 answers that with 500.
        body.Put("max_tokens", request.MaxTokens);
        body.Put("n", request.ChoiceCount);
        ChatRequestBody.PutStream(body, request.Stream, request.UsageReporting ?? defaultUsage);
        ChatRequestBody.PutSampling(body, request.Sampling);
        request.Output?.WriteTo(body);
        if (request.Echo)
            body.Put("echo", true);
        body.Put("suffix", request.Suffix);
        PutLogprobs(body, request.Logprobs);
        body.Put("prompt_logprobs", request.PromptLogprobs);
        body.Put("truncate_prompt_tokens", request.TruncateTo);
        body.Put("add_special_tokens", request.AddSpecialTokens);
        ChatRequestBody.PutServing(body, request.Serving);
        body.Put("user", request.User);
        ChatRequestBody.WriteOwn(body, request.Extra, request.Stream);
        json.WriteEndObject();
    }

    private static void PutPrompts(BodyWriter body, TextRequest request)
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

        if (!body.Begin("prompt"))
            return;

        if (prompts.Count > 1)
            body.Json.WriteStartArray();
        foreach (TextPrompt prompt in prompts)
            Write(body.Json, prompt);
        if (prompts.Count > 1)
            body.Json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, TextPrompt prompt)
    {
        if (prompt.Text is { } text)
        {
            json.WriteText(text);
            return;
        }

        json.WriteStartArray();
        foreach (int token in prompt.TokenIds!)
            json.WriteNumberValue(token);
        json.WriteEndArray();
    }

    // Here the field is a number: how many alternatives beside the token itself.
    private static void PutLogprobs(BodyWriter body, LogprobOptions? logprobs)
    {
        if (logprobs is null)
            return;

        body.Put("logprobs", logprobs.TopLogprobs ?? 0);
        body.Put("logprob_token_ids", logprobs.TokenIds);
        body.Put("return_tokens_as_token_ids", logprobs.TokensAsIds);
    }
}
