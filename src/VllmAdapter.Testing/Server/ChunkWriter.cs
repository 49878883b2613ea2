using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VllmAdapter.Testing;

/// <summary>Writes the chunks of one stream in the shape of the server's version, fields that are only noise included.</summary>
internal sealed class ChunkWriter(FakeCall call, VllmProfile profile) : IChunkWriter
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public string? Role(int choice, FakeTokens? usage) =>
        Chunk(
            json => Choice(
                json,
                choice,
                delta =>
                {
                    delta.WriteString("role", "assistant");
                    delta.WriteString("content", "");
                },
                isRole: true),
            usage,
            isRole: true);

    public string Delta(ScriptStep step, FakeTokens? usage) => step is ScriptStep.Finish finish
        ? Chunk(json => Choice(json, finish.Choice, delta => LastDelta(delta, finish), finish, said: TextOf(finish.Last)), usage, closes: true)
        : Chunk(json => Choice(json, ScriptStep.ChoiceOf(step) ?? 0, delta => Members(delta, step), said: TextOf(step)), usage);

    public string Usage(FakeTokens usage) => Write(json =>
    {
        Envelope(json);
        json.WriteStartArray("choices");
        json.WriteEndArray();
        json.WritePropertyName("usage");
        json.WriteStartObject();
        Counts(json, usage);
        if (usage.Reasoning is not null)
            Reasoning(json, usage);
        json.WriteEndObject();
        Fingerprint(json);
    });

    internal static string Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Compact))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal static void Counts(Utf8JsonWriter json, FakeTokens usage)
    {
        json.WriteNumber("prompt_tokens", usage.Prompt);
        json.WriteNumber("total_tokens", usage.Prompt + usage.Completion);
        json.WriteNumber("completion_tokens", usage.Completion);
    }

    internal static void Reasoning(Utf8JsonWriter json, FakeTokens usage)
    {
        if (usage.Reasoning is not { } reasoning)
        {
            json.WriteNull("completion_tokens_details");
            return;
        }

        json.WriteStartObject("completion_tokens_details");
        json.WriteNumber("reasoning_tokens", reasoning);
        json.WriteEndObject();
    }

    private string Chunk(Action<Utf8JsonWriter> choice, FakeTokens? usage, bool isRole = false, bool closes = false) => Write(json =>
    {
        Envelope(json);
        json.WriteStartArray("choices");
        choice(json);
        json.WriteEndArray();
        if (usage is { } counts)
        {
            json.WriteStartObject("usage");
            Counts(json, counts);
            if (profile.HasFieldsOf032)
                Reasoning(json, counts);
            json.WriteEndObject();
        }

        // Without a usage chunk to carry it, the fingerprint goes on the finish chunk.
        if (closes && !call.IncludesUsage)
            Fingerprint(json);
        if (!isRole)
        {
            if (profile.HasFieldsOf033)
                json.WriteNull("kv_transfer_params");
            return;
        }

        if (profile.HasTokenIds)
            json.WriteNull("prompt_token_ids");
        if (profile.HasFieldsOf032)
            json.WriteNull("prompt_text");
    });

    private void Envelope(Utf8JsonWriter json)
    {
        json.WriteString("id", call.Id);
        json.WriteString("object", "chat.completion.chunk");
        json.WriteNumber("created", call.Created);
        json.WriteString("model", call.Model);
    }

    private void Fingerprint(Utf8JsonWriter json)
    {
        if (profile.Fingerprint is { } fingerprint)
            json.WriteString("system_fingerprint", fingerprint);
    }

    private void Choice(
        Utf8JsonWriter json, int index, Action<Utf8JsonWriter> delta, ScriptStep.Finish? finish = null, bool isRole = false, string? said = null)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteStartObject("delta");
        delta(json);
        json.WriteEndObject();
        LogprobWriter.Write(json, call, said);
        json.WriteString("finish_reason", finish?.Reason);
        if (finish is not null)
        {
            json.WritePropertyName("stop_reason");
            if (finish.StopReason is null)
                json.WriteNullValue();
            else
                finish.StopReason.WriteTo(json);
        }

        if (profile.HasTokenIds && !isRole)
            json.WriteNull("token_ids");
        if (profile.HasFieldsOf033 && finish is not null)
            json.WriteNull("weight_versions");
        json.WriteEndObject();
    }

    private static string? TextOf(ScriptStep? step) => step switch
    {
        ScriptStep.Say say => say.Text,
        ScriptStep.ReasoningPart reasoning => reasoning.Text,
        _ => null,
    };

    private void Members(Utf8JsonWriter delta, ScriptStep step)
    {
        switch (step)
        {
            case ScriptStep.Say say:
                Content(delta, say.Text);
                break;
            case ScriptStep.ReasoningPart reasoning:
                delta.WriteString(profile.ReasoningField, reasoning.Text);
                break;
            case ScriptStep.CallPart part:
                Call(delta, part);
                break;
        }
    }

    private void Content(Utf8JsonWriter delta, string text)
    {
        delta.WriteString("content", text);
        if (!profile.HasEmptyCallLists)
            return;
        delta.WriteStartArray("tool_calls");
        delta.WriteEndArray();
    }

    private void LastDelta(Utf8JsonWriter delta, ScriptStep.Finish finish)
    {
        if (finish.Last is not null)
            Members(delta, finish.Last);
        else if (profile.FinishHasEmptyContent && call.ToolChoice != "required")
            delta.WriteString("content", "");
    }

    private void Call(Utf8JsonWriter delta, ScriptStep.CallPart part)
    {
        if (profile.CallsHaveNullContent && !part.StandsAlone)
            delta.WriteNull("content");
        delta.WriteStartArray("tool_calls");
        delta.WriteStartObject();
        if (part.Id is not null || part.HasNullId)
            delta.WriteString("id", part.Id);
        if (part.Id is not null || part.HasTypeAlways)
            delta.WriteString("type", "function");
        else if (part.HasNullId)
            delta.WriteNull("type");

        if (part.Index is { } index)
            delta.WriteNumber("index", index);
        delta.WriteStartObject("function");
        if (part.Name is not null || part.HasNullName)
            delta.WriteString("name", part.Name);
        if (part.Arguments is not null)
            delta.WriteString("arguments", part.Arguments);
        delta.WriteEndObject();
        delta.WriteEndObject();
        delta.WriteEndArray();
    }
}

/// <summary>The three counts of a usage object, the total being their sum.</summary>
internal sealed record FakeTokens(int Prompt, int Completion, int? Reasoning = null);
