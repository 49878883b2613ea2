using System.Text.Json;

namespace VllmAdapter.Server;

/// <summary>Makes of a chat body what the other endpoints take of it.</summary>
internal static class TokenizeBody
{
    // What the template may need; the rest is for the engine and would be ignored.
    private static readonly string[] OfThePrompt =
    [
        "model", "messages", "add_generation_prompt", "continue_final_message", "add_special_tokens", "chat_template",
        "chat_template_kwargs", "media_io_kwargs", "mm_processor_kwargs", "tools",
    ];

    /// <summary>What of a chat its prompt depends on.</summary>
    public static byte[] For(RequestBody chat, bool withTexts) => RequestJson.ToUtf8((chat.Json, withTexts), chat.Utf8.Length, static (json, from) =>
    {
        json.WriteStartObject();
        foreach (string name in OfThePrompt)
        {
            if (from.Json.At(name) is not { } value)
                continue;

            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        if (from.withTexts)
            json.WriteBoolean("return_token_strs"u8, true);
        json.WriteEndObject();
    });

    /// <summary>All of a chat but how its reply is sent, which has no part in the prompt.</summary>
    public static byte[] WithoutStream(RequestBody chat) => RequestJson.ToUtf8(chat.Json, chat.Utf8.Length, static (json, body) =>
    {
        json.WriteStartObject();
        foreach (JsonProperty field in body.EnumerateObject().Where(static field => !field.NameEquals("stream"u8) && !field.NameEquals("stream_options"u8)))
            field.WriteTo(json);

        json.WriteEndObject();
    });
}
