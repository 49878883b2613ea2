using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Writes plain completions, streamed and whole: no chunk opens a choice, and nearly every field is there.</summary>
/// <param name="call">The request.</param>
/// <param name="profile">The server's version.</param>
/// <param name="echoes">Whether each choice begins with its prompt; a literal script says it itself.</param>
internal sealed class TextChunkWriter(FakeCall call, VllmProfile profile, bool echoes) : IChunkWriter
{
    private readonly HashSet<int> _begun = [];

    public string? Role(int choice, FakeTokens? usage) => null;

    public string Delta(ScriptStep step, FakeTokens? usage)
    {
        var finish = step as ScriptStep.Finish;
        int choice = ScriptStep.ChoiceOf(step) ?? 0;
        string text = TextOf(finish is null ? step : finish.Last);
        bool isFirst = _begun.Add(choice);
        return ChunkWriter.Write(json =>
        {
            Envelope(json);
            json.WriteStartArray("choices");
            Choice(json, choice, isFirst ? Echo(choice) + text : text, text, finish?.Reason, finish?.StopReason, isFirst);
            json.WriteEndArray();
            if (usage is { } counts)
            {
                json.WriteStartObject("usage");
                ChunkWriter.Counts(json, counts);
                json.WriteEndObject();
            }
            else if (!profile.HasFieldsOf032)
            {
                json.WriteNull("usage");
            }

            if (finish is not null && !call.IncludesUsage)
                Fingerprint(json);
            if (profile.HasFieldsOf033)
                json.WriteNull("kv_transfer_params");
        });
    }

    public string Usage(FakeTokens usage) => ChunkWriter.Write(json =>
    {
        Envelope(json);
        json.WriteStartArray("choices");
        json.WriteEndArray();
        json.WriteStartObject("usage");
        ChunkWriter.Counts(json, usage);
        json.WriteEndObject();
        Fingerprint(json);
    });

    /// <summary>The reply that is not streamed.</summary>
    public string Whole(WholeReply reply) => ChunkWriter.Write(json =>
    {
        Envelope(json);
        json.WriteStartArray("choices");
        foreach (WholeChoice choice in reply.Choices)
            Choice(json, choice.Index, Echo(choice.Index) + choice.Reasoning + choice.Text, choice.Text ?? "", choice.FinishReason, choice.StopReason, isFirst: false, isWhole: true);
        json.WriteEndArray();
        if (!profile.HasFlatErrors)
        {
            json.WriteNull("service_tier");
            json.WriteString("system_fingerprint", profile.Fingerprint);
        }

        reply.WriteUsage(json, profile);
        if (profile.HasTokenIds)
            json.WriteNull("kv_transfer_params");
        if (!profile.HasFieldsOf032)
            return;
        json.WriteNull("ec_transfer_params");
        json.WriteNull("metrics");
    });

    private static string TextOf(ScriptStep? step) => step switch
    {
        ScriptStep.Say say => say.Text,
        ScriptStep.ReasoningPart reasoning => reasoning.Text,
        _ => "",
    };

    private string Echo(int choice) => echoes && call.Echoes ? call.PromptOf(choice).Text : "";

    private void Envelope(Utf8JsonWriter json)
    {
        json.WriteString("id", call.Id);
        json.WriteString("object", "text_completion");
        json.WriteNumber("created", call.Created);
        json.WriteString("model", call.Model);
    }

    private void Choice(Utf8JsonWriter json, int index, string text, string written, string? reason, JsonNode? stopReason, bool isFirst, bool isWhole = false)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("text", text);
        Logprobs(json, text == written ? [written] : [text[..^written.Length], written]);
        json.WriteString("finish_reason", reason);
        json.WritePropertyName("stop_reason");
        if (stopReason is null)
            json.WriteNullValue();
        else
            stopReason.WriteTo(json);
        if (profile.HasTokenIds && isWhole)
            json.WriteNull("token_ids");
        if (isWhole)
            PromptLogprobs(json, index);
        if (profile.HasTokenIds)
            PromptIds(json, isUnasked: isFirst && !profile.NamesParameters, index);
        if (profile.HasTokenIds && !isWhole)
            json.WriteNull("token_ids");
        if (profile.HasFieldsOf032 && isWhole)
            json.WriteNull("routed_experts");
        if (profile.HasFieldsOf033)
            json.WriteNull("weight_versions");
        json.WriteEndObject();
    }

    // 0.11.0 sends them with the first chunk, whether asked or not.
    private void PromptIds(Utf8JsonWriter json, bool isUnasked, int choice)
    {
        if (!isUnasked)
        {
            json.WriteNull("prompt_token_ids");
            return;
        }

        json.WriteStartArray("prompt_token_ids");
        for (int i = 0; i < call.PromptOf(choice).Tokens; i++)
            json.WriteNumberValue(i);
        json.WriteEndArray();
    }

    // With an echo they come unasked, by the id of each token.
    private void PromptLogprobs(Utf8JsonWriter json, int choice)
    {
        if (!call.HasLogprobs || !echoes || !call.Echoes)
        {
            json.WriteNull("prompt_logprobs");
            return;
        }

        json.WriteStartArray("prompt_logprobs");
        IReadOnlyList<string> tokens = Tokenizer.Split(call.PromptOf(choice).Text);
        for (int i = 0; i < tokens.Count; i++)
        {
            WriteUnless(i == 0, json, () =>
            {
                json.WriteStartObject();
                json.WriteStartObject($"{i}");
                json.WriteNumber("logprob", 0.0);
                json.WriteNumber("rank", 1);
                json.WriteString("decoded_token", tokens[i]);
                json.WriteEndObject();
                json.WriteEndObject();
            });
        }

        json.WriteEndArray();
    }

    // Here they are lists side by side; the first token of an echoed prompt has no number.
    private void Logprobs(Utf8JsonWriter json, string[] parts)
    {
        string[] tokens = [.. parts.SelectMany(Tokenizer.Split)];
        if (!call.HasLogprobs || tokens.Length == 0)
        {
            json.WriteNull("logprobs");
            return;
        }

        bool hasPrompt = parts.Length > 1;
        json.WriteStartObject("logprobs");
        json.WriteStartArray("text_offset");
        for (int i = 0, at = 0; i < tokens.Length; at += tokens[i++].Length)
            json.WriteNumberValue(at);
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs");
        for (int i = 0; i < tokens.Length; i++)
            WriteUnless(hasPrompt && i == 0, json, () => json.WriteNumberValue(0.0));
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        foreach (string token in tokens)
            json.WriteStringValue(token);
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        for (int i = 0; i < tokens.Length; i++)
        {
            WriteUnless(hasPrompt && i == 0, json, () =>
            {
                json.WriteStartObject();
                json.WriteNumber(tokens[i], 0.0);
                json.WriteEndObject();
            });
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteUnless(bool isNull, Utf8JsonWriter json, Action write)
    {
        if (isNull)
            json.WriteNullValue();
        else
            write();
    }

    private void Fingerprint(Utf8JsonWriter json)
    {
        if (profile.Fingerprint is { } fingerprint)
            json.WriteString("system_fingerprint", fingerprint);
    }
}
