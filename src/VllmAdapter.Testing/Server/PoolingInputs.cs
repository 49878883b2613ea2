using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The inputs of one request to a pooling model, as the server reads them, and what it refuses of them.</summary>
internal sealed class PoolingInputs(FakeVllmOptions options, RefusalWriter writer, Tokenizer tokenizer)
{
    private const int SpecialTokens = 2;

    /// <summary>The texts of a request by <c>input</c> or <c>messages</c>.</summary>
    public WireReply? Read(JsonObject body, out List<string> texts)
    {
        texts = [];
        if (body.ContainsKey("normalize"))
            return writer.Refuse("Parameter `normalize` was removed; use `use_activation` instead. (parameter=normalize)", param: "normalize");

        JsonNode? input = body.At("input");
        if (input is null && body.At("messages") is JsonArray messages)
        {
            texts.Add(string.Concat(messages.Select(message => message.At("content").Text())));
            return null;
        }

        if (input.Text() is { } text)
        {
            texts.Add(text);
            return null;
        }

        if (input is not JsonArray list)
            return writer.OfFields(10, "body.input", new FieldFault("list_type", ["body", "input"], "Input should be a valid list", input));
        if (list.Count == 0)
            return writer.Refuse("You must pass at least one prompt");
        if (list[0]?.GetValueKind() == JsonValueKind.Number)
            list = [list.DeepClone()];

        foreach (JsonNode? item in list)
        {
            if (item is not JsonArray ids)
            {
                texts.Add(item.Text() ?? "");
                continue;
            }

            if (ids.Count == 0)
                return writer.Refuse("The decoder prompt cannot be empty");
            if (ids.Select(id => id.Count() ?? 0).FirstOrDefault(id => id is < 0 or >= Tokenizer.Vocabulary, -1) is >= 0 and var wrong)
                return writer.Refuse($"Token id {wrong} is out of vocabulary");
            texts.Add(tokenizer.Decode(ids.Select(id => id.Count() ?? 0)));
        }

        return null;
    }

    /// <summary>How many tokens the prompts have, after any truncation.</summary>
    public WireReply? Count(JsonObject body, IEnumerable<string> prompts, out int tokens)
    {
        tokens = 0;
        foreach (string prompt in prompts)
        {
            if (Count(body, prompt, out int count) is { } refusal)
                return refusal;
            tokens += count;
        }

        return null;
    }

    private WireReply? Count(JsonObject body, string prompt, out int tokens)
    {
        tokens = Tokenizer.Count(prompt) + (body.At("add_special_tokens").Flag() is false ? 0 : SpecialTokens);
        if (body.At("truncate_prompt_tokens").Count() is not { } most)
        {
            return tokens <= options.ContextWindow ? null : writer.Refuse(writer.Named(
                $"This model's maximum context length is {options.ContextWindow} tokens. However, your prompt contains at least {options.ContextWindow + 1} input tokens, "
                + "which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.",
                "input_tokens",
                $"{options.ContextWindow + 1}"));
        }

        if (most == 0)
            return writer.Refuse("The decoder prompt cannot be empty");
        if (most > options.ContextWindow)
            return writer.Refuse("truncate_prompt_tokens value is greater than max_model_len. Please request a smaller truncation size.");
        tokens = Math.Min(tokens, most < 0 ? options.ContextWindow : most);
        return null;
    }
}
