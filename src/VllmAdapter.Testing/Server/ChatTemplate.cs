using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Writes a conversation as the prompt that the fake model would see.</summary>
internal static class ChatTemplate
{
    public static string Prompt(JsonNode body, bool withTools = true)
    {
        var prompt = new StringBuilder();
        if (withTools && body.At("tools") is JsonArray { Count: > 0 } tools)
            Turn(prompt, "tools", tools.ToJsonString());
        foreach (JsonNode? message in body.At("messages").Items())
            Turn(prompt, message.At("role").Text() ?? "user", FakeCall.TextOf(message.At("content")) + message.At("tool_calls")?.ToJsonString());

        return body.At("add_generation_prompt").Flag() is false
            ? prompt.ToString()
            : prompt.Append("<|im_start|>assistant\n").ToString();
    }

    private static void Turn(StringBuilder prompt, string role, string content) =>
        prompt.Append("<|im_start|>").Append(role).Append('\n').Append(content).Append("<|im_end|>\n");
}
