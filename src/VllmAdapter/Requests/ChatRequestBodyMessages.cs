using System.Text.Json;

namespace VllmAdapter;

/// <summary>Writes the conversation as the <c>messages</c> of a request.</summary>
internal static class ChatRequestBodyMessages
{
    /// <param name="json">What it is written to.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="images">Leaves images out; null for none.</param>
    /// <exception cref="ArgumentException">A message cannot be sent; which, is in the words.</exception>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<VllmMessage> messages, ImagesOnce? images = null)
    {
        json.WriteStartArray();
        for (int i = 0; i < messages.Count; i++)
            Write(json, messages[i], i, images);

        json.WriteEndArray();
    }

    /// <summary>The conversation as it is written, for routes that say the same in other words.</summary>
    /// <exception cref="ArgumentException">A message cannot be sent; which, is in the words.</exception>
    public static JsonDocument Parse(IReadOnlyList<VllmMessage> messages) =>
        JsonDocument.Parse(RequestJson.ToUtf8(messages, TextIn(messages), static (json, messages) => Write(json, messages)), JsonText.Parsing);

    /// <summary>How many characters of text the conversation holds, roughly.</summary>
    public static long TextIn(IReadOnlyList<VllmMessage> messages)
    {
        const long FieldNames = 64;
        long length = 0;
        for (int i = 0; i < messages.Count; i++)
            length += FieldNames + RequestWords.LengthOf(messages[i]) + (messages[i] is UserMessage { Parts: { Count: > 0 } parts } ? parts.OfType<RawPart>().Sum(static raw => RequestJson.TextIn(raw.Json)) : 0);

        return length;
    }

    /// <summary>Writes a part of a message.</summary>
    public static void Write(Utf8JsonWriter json, ContentPart part, ImagesOnce? images = null)
    {
        switch (part)
        {
            case TextPart text:
                json.WriteStartObject();
                json.WriteString("type"u8, "text"u8);
                json.WriteText("text", text.Text);
                json.WriteEndObject();
                break;

            case ImagePart image:
                WriteImage(json, image, images);
                break;

            case AudioPart audio:
                json.WriteStartObject();
                json.WriteString("type"u8, "input_audio"u8);
                json.WriteStartObject("input_audio"u8);
                json.WriteText("data", audio.Base64);
                json.WriteString("format"u8, audio.Format);
                json.WriteEndObject();
                json.WriteEndObject();
                break;

            case AudioUrlPart audio:
                WriteAtUrl(json, "audio_url", audio.Url);
                break;

            case VideoPart video:
                WriteAtUrl(json, "video_url", video.Url);
                break;

            case RawPart raw when images is not null:
                images.WritePart(json, raw.Json);
                break;

            case RawPart raw:
                RequestJson.WriteInPieces(json, raw.Json);
                break;

            default:
                throw RequestRefusal.Because("A part of a message is null. Leave it out.");
        }
    }

    /// <summary>Writes text and parts as one list.</summary>
    public static void WriteParts(Utf8JsonWriter json, string? text, IReadOnlyList<ContentPart> parts, ImagesOnce? images = null)
    {
        json.WriteStartArray();
        if (text is not null)
            Write(json, new TextPart(text));
        foreach (ContentPart part in parts)
            Write(json, part, images);

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, VllmMessage message, int at, ImagesOnce? images)
    {
        json.WriteStartObject();
        switch (message)
        {
            case SystemMessage system:
                WriteSaid(json, "system"u8, system.Text);
                break;

            case DeveloperMessage developer:
                WriteSaid(json, "developer"u8, developer.Text);
                break;

            case UserMessage user:
                json.WriteString("role"u8, "user"u8);
                WriteContent(json, user.Text, user.Parts, at, images);
                break;

            case AssistantMessage assistant:
                WriteAssistant(json, assistant, at);
                break;

            case ToolMessage result:
                json.WriteString("role"u8, "tool"u8);
                json.WriteString("tool_call_id"u8, result.ToolCallId);
                WriteContent(json, result.Parts.Count > 0 && result.Content.Length == 0 ? null : result.Content, result.Parts, at, images);
                break;

            default:
                throw RequestRefusal.Because($"Messages[{at}] is null. Leave it out.");
        }

        if (message.Name is { } name)
            json.WriteString("name"u8, name);
        json.WriteEndObject();
    }

    private static void WriteSaid(Utf8JsonWriter json, ReadOnlySpan<byte> role, string? content)
    {
        json.WriteString("role"u8, role);
        json.WriteText("content", content);
    }

    private static void WriteContent(Utf8JsonWriter json, string? text, IReadOnlyList<ContentPart> parts, int at, ImagesOnce? images)
    {
        json.WritePropertyName("content"u8);
        if (parts.Count > 0)
            WriteParts(json, text, parts, images);
        else
            json.WriteText(text ?? throw RequestRefusal.Because($"Messages[{at}] says nothing. Set its Text or its Parts."));
    }

    private static void WriteImage(Utf8JsonWriter json, ImagePart image, ImagesOnce? images)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "image_url"u8);
        json.WritePropertyName("image_url"u8);
        if (images?.LeavesOut(json, image) is not true)
        {
            json.WriteStartObject();
            json.WriteText("url", image.Url);
            if (image.Detail is { } detail)
                json.WriteString("detail"u8, detail);
            json.WriteEndObject();
        }

        if (image.Uuid is { } uuid)
            json.WriteString("uuid"u8, uuid);
        json.WriteEndObject();
    }

    private static void WriteAtUrl(Utf8JsonWriter json, string kind, string url)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, kind);
        json.WriteStartObject(kind);
        json.WriteText("url", url);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteAssistant(Utf8JsonWriter json, AssistantMessage assistant, int at)
    {
        // The format allows null content only next to calls.
        WriteSaid(json, "assistant"u8, assistant.Text ?? (assistant.ToolCalls.Count > 0 ? null : ""));
        if (assistant.Reasoning is { } thoughts)
            json.WriteText(NameOfReasoning(assistant, at), thoughts);
        if (assistant.ToolCalls.Count == 0)
            return;

        json.WriteStartArray("tool_calls"u8);
        foreach (ToolCall call in assistant.ToolCalls)
            SentCall.Write(json, call, SentCall.ArgumentsOf(call, at));
        json.WriteEndArray();
    }

    private static string NameOfReasoning(AssistantMessage assistant, int at) => (assistant.ReasoningName ?? MessageJson.Reasoning) switch
    {
        "role" or "content" or "tool_calls" or "name" => throw RequestRefusal.Because(
            $"Messages[{at}]: ReasoningName is '{assistant.ReasoningName}', which is another field of the message. Set reasoning, reasoning_content, or null."),
        var name => name,
    };
}
