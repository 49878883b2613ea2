using System.Text.Json.Nodes;

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

    public static JsonObject For(JsonObject chat, bool withTexts)
    {
        var body = new JsonObject();
        foreach (string name in OfThePrompt)
        {
            if (chat[name] is { } value)
                body[name] = value.DeepClone();
        }

        if (withTexts)
            body["return_token_strs"] = true;

        return body;
    }
}
