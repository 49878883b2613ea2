using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>A reply that is not streamed, in the shape of the server's version, every null included.</summary>
internal sealed record WholeReply(IReadOnlyList<WholeChoice> Choices, FakeTokens? Usage)
{
    /// <summary>Gathers a literal script into one reply.</summary>
    public static WholeReply Of(ScriptedReply script)
    {
        ScriptStep.Usage? usage = script.Steps.OfType<ScriptStep.Usage>().LastOrDefault();
        return new WholeReply(
            [.. script.Steps.Select(ScriptStep.ChoiceOf).OfType<int>().Distinct().Order().Select(index => WholeChoice.Of(script, index))],
            usage is null ? null : new FakeTokens(usage.Prompt, usage.Completion, usage.Reasoning));
    }

    public string ToJson(FakeCall call, VllmProfile profile) => ChunkWriter.Write(json =>
    {
        json.WriteString("id", call.Id);
        json.WriteString("object", "chat.completion");
        json.WriteNumber("created", call.Created);
        json.WriteString("model", call.Model);
        json.WriteStartArray("choices");
        foreach (WholeChoice choice in Choices)
            choice.WriteTo(json, call, profile);
        json.WriteEndArray();
        if (!profile.HasFlatErrors)
        {
            json.WriteNull("service_tier");
            json.WriteString("system_fingerprint", profile.Fingerprint);
        }

        WriteUsage(json, profile);
        json.WriteNull("prompt_logprobs");
        if (profile.HasTokenIds)
            json.WriteNull("prompt_token_ids");
        if (profile.HasFieldsOf032)
            json.WriteNull("prompt_text");
        if (profile.HasTokenIds)
            json.WriteNull("kv_transfer_params");
        if (profile.HasFieldsOf032)
        {
            json.WriteNull("ec_transfer_params");
            json.WriteNull("metrics");
        }
    });

    public void WriteUsage(Utf8JsonWriter json, VllmProfile profile)
    {
        if (Usage is not { } usage)
        {
            json.WriteNull("usage");
            return;
        }

        json.WriteStartObject("usage");
        ChunkWriter.Counts(json, usage);
        json.WriteNull("prompt_tokens_details");
        if (profile.HasFieldsOf032)
            ChunkWriter.Reasoning(json, usage);
        json.WriteEndObject();
    }
}

/// <summary>One choice of a <see cref="WholeReply"/>.</summary>
internal sealed record WholeChoice(
    int Index, string? Text, string? Reasoning, IReadOnlyList<WholeCall> Calls, string? FinishReason, JsonNode? StopReason)
{
    public static WholeChoice Of(ScriptedReply script, int index)
    {
        ScriptStep[] steps = [.. script.Steps.Where(step => ScriptStep.ChoiceOf(step) == index)];
        ScriptStep.Finish? finish = steps.OfType<ScriptStep.Finish>().LastOrDefault();
        ScriptStep[] deltas = [.. steps.Select(step => step is ScriptStep.Finish last ? last.Last : step).OfType<ScriptStep>()];
        return new WholeChoice(
            index,
            Joined(deltas.OfType<ScriptStep.Say>().Select(say => say.Text)),
            Joined(deltas.OfType<ScriptStep.ReasoningPart>().Select(reasoning => reasoning.Text)),
            [.. deltas.OfType<ScriptStep.CallPart>().GroupBy(part => part.Index).Select(call => new WholeCall(
                call.Select(part => part.Id).FirstOrDefault(id => id is not null),
                call.Select(part => part.Name).FirstOrDefault(name => name is not null),
                string.Concat(call.Select(part => part.Arguments))))],
            finish?.Reason,
            finish?.StopReason);
    }

    public void WriteTo(Utf8JsonWriter json, FakeCall call, VllmProfile profile)
    {
        json.WriteStartObject();
        json.WriteNumber("index", Index);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        if (profile.HasFlatErrors)
        {
            json.WriteString(profile.ReasoningField, Reasoning);
            json.WriteString("content", Text);
            WriteCalls(json);
        }
        else
        {
            json.WriteString("content", Text);
            foreach (string unused in (ReadOnlySpan<string>)["refusal", "annotations", "audio", "function_call"])
                json.WriteNull(unused);

            // No list at all for no calls since 0.24 (#44105).
            if (Calls.Count > 0 || !profile.HasFieldsOf032)
                WriteCalls(json);
            json.WriteString(profile.ReasoningField, Reasoning);
        }

        json.WriteEndObject();
        LogprobWriter.Write(json, call, Reasoning + Text);
        json.WriteString("finish_reason", FinishReason);
        json.WritePropertyName("stop_reason");
        if (StopReason is null)
            json.WriteNullValue();
        else
            StopReason.WriteTo(json);
        if (profile.HasTokenIds)
            json.WriteNull("token_ids");
        if (profile.HasFieldsOf032)
            json.WriteNull("routed_experts");
        if (profile.HasFieldsOf033)
            json.WriteNull("weight_versions");
        json.WriteEndObject();
    }

    private static string? Joined(IEnumerable<string> pieces)
    {
        string[] said = [.. pieces];
        return said.Length == 0 ? null : string.Concat(said);
    }

    private void WriteCalls(Utf8JsonWriter json)
    {
        json.WriteStartArray("tool_calls");
        foreach (WholeCall call in Calls)
        {
            json.WriteStartObject();
            json.WriteString("id", call.Id);
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", call.Name);
            json.WriteString("arguments", call.Arguments);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

/// <summary>One tool call of a <see cref="WholeChoice"/>.</summary>
internal sealed record WholeCall(string? Id, string? Name, string Arguments);
