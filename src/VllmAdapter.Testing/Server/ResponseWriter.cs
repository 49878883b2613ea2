using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Writes a response and its items in the shape of the server's version.</summary>
internal sealed class ResponseWriter(FakeCall call, VllmProfile profile)
{
    private readonly List<JsonObject> _items = [];

    // 0.11.0 calls every end "completed"; the name of the event says so up to 0.32.0 (vllm#45386).
    public bool TellsCuts => profile.NamesParameters;

    public bool NamesCuts => profile.HasFieldsOf033;

    /// <summary>Whether a call that was cut is closed like any other.</summary>
    public bool ClosesCutCalls => profile.HasFieldsOf032;

    public JsonObject Message(string text, string status) => new()
    {
        ["id"] = $"msg_{call.Id}_{_items.Count}",
        ["content"] = text.Length == 0 && status == "in_progress" ? new JsonArray() : new JsonArray(Part(text)),
        ["role"] = "assistant",
        ["status"] = status,
        ["type"] = "message",
    };

    public JsonObject Reasoning(string text, string status) => new()
    {
        ["id"] = $"rs_{call.Id}_{_items.Count}",
        ["summary"] = new JsonArray(),
        ["type"] = "reasoning",
        ["content"] = text.Length == 0 ? new JsonArray() : new JsonArray(new JsonObject { ["text"] = text, ["type"] = "reasoning_text" }),
        ["encrypted_content"] = null,
        ["status"] = status,
    };

    public JsonObject Call(string? id, string? name, string arguments, string status) => new()
    {
        ["arguments"] = arguments,
        ["call_id"] = id,
        ["name"] = name,
        ["type"] = "function_call",
        ["id"] = $"fc_{call.Id}_{_items.Count}",
        ["status"] = status,
    };

    public static JsonObject Part(string text) => new() { ["annotations"] = new JsonArray(), ["text"] = text, ["type"] = "output_text", ["logprobs"] = null };

    /// <summary>Takes over an item that is done.</summary>
    public void Add(JsonObject item) => _items.Add(item);

    /// <summary>The response as it is at the beginning.</summary>
    public JsonObject Begun() => Response("in_progress", usage: null, isCut: false);

    /// <summary>The response as it is at the end.</summary>
    /// <param name="reason">The reason that a script declares.</param>
    /// <param name="usage">The counts.</param>
    public JsonObject Ended(string? reason, FakeTokens? usage)
    {
        bool isCut = reason == "length" && TellsCuts;
        return Response(isCut ? "incomplete" : "completed", usage, isCut);
    }

    /// <summary>The reply that is not streamed.</summary>
    public string Whole(WholeReply reply)
    {
        foreach (WholeChoice choice in reply.Choices)
        {
            string status = choice.FinishReason == "length" && NamesCuts ? "incomplete" : "completed";
            if (choice.Reasoning is { } reasoning)
                Add(Reasoning(reasoning, status));
            if (choice.Text is { } text)
                Add(Message(text, status));
            foreach (WholeCall made in choice.Calls)
                Add(Call(made.Id, made.Name, made.Arguments, status));
        }

        return Ended(reply.Choices.Select(choice => choice.FinishReason).FirstOrDefault(), reply.Usage).ToJsonString();
    }

    private JsonObject Response(string status, FakeTokens? usage, bool isCut) => new()
    {
        ["id"] = call.Id,
        ["created_at"] = call.Created,
        ["incomplete_details"] = isCut ? new JsonObject { ["reason"] = "max_output_tokens" } : null,
        ["instructions"] = null,
        ["metadata"] = null,
        ["model"] = call.Model,
        ["object"] = "response",
        ["output"] = new JsonArray([.. _items.Select(item => item.DeepClone())]),
        ["parallel_tool_calls"] = true,
        ["tool_choice"] = call.ToolChoice,
        ["tools"] = call.Tools.DeepClone(),
        ["background"] = false,
        ["max_output_tokens"] = call.GrantedTokens,
        ["previous_response_id"] = null,
        ["service_tier"] = "auto",
        ["status"] = status,
        ["truncation"] = "disabled",
        ["usage"] = usage is null ? null : new JsonObject
        {
            ["input_tokens"] = usage.Prompt,
            ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = 0 },
            ["output_tokens"] = usage.Completion,
            ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = usage.Reasoning ?? 0, ["tool_output_tokens"] = 0 },
            ["total_tokens"] = usage.Prompt + usage.Completion,
        },
        ["user"] = null,
    };
}
