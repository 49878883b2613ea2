using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Writes a conversation as the prompt that the fake model would see.</summary>
internal static class ChatTemplate
{
    public static string Prompt(JsonNode body, bool withTools = true)
    {
        var prompt = new StringBuilder();
        if (withTools && body["tools"] is JsonArray { Count: > 0 } tools)
            Turn(prompt, "tools", tools.ToJsonString());
        foreach (JsonNode? message in body["messages"] as JsonArray ?? [])
        {
            if (message is JsonObject turn)
                Turn(prompt, ChatCall.Text(turn["role"]) ?? "user", ChatCall.TextOf(turn["content"]) + turn["tool_calls"]?.ToJsonString());
        }

        return ChatCall.Flag(body["add_generation_prompt"]) is false
            ? prompt.ToString()
            : prompt.Append("<|im_start|>assistant\n").ToString();
    }

    private static void Turn(StringBuilder prompt, string role, string content) =>
        prompt.Append("<|im_start|>").Append(role).Append('\n').Append(content).Append("<|im_end|>\n");
}
