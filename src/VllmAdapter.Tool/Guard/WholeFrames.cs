using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Guard;

/// <summary>Says a whole chat completion as the stream that says the same: role, reasoning, text, calls, finish reason, usage, end marker.</summary>
internal static class WholeFrames
{
    // Said in their own place, or of whole replies only.
    private static readonly HashSet<string> OfTheReply = new(StringComparer.Ordinal) { "id", "object", "created", "model", "system_fingerprint", "choices", "usage", Words.Field };
    private static readonly HashSet<string> OfTheChoice = new(StringComparer.Ordinal) { "index", "message", "logprobs" };
    private static readonly HashSet<string> OfTheMessage = new(StringComparer.Ordinal) { "role", "content", "tool_calls" };

    /// <summary>The frames.</summary>
    /// <param name="reply">The whole reply.</param>
    /// <param name="explanation">What to say of its end; null for nothing.</param>
    /// <param name="hidesUsage">Whether the client did not ask for usage.</param>
    public static byte[] Of(JsonObject reply, JsonObject? explanation, bool hidesUsage)
    {
        using var frames = new MemoryStream();
        JsonObject[] choices = [.. (reply["choices"] as JsonArray ?? []).OfType<JsonObject>()];
        foreach (JsonObject choice in choices)
            WriteOutput(frames, reply, choice);

        foreach (JsonObject choice in choices)
        {
            JsonObject chunk = Chunk(reply, choice, []);
            CopyOthers(choice, OfTheChoice, chunk["choices"]![0]!.AsObject());
            if (choice == choices[^1])
            {
                CopyOthers(reply, OfTheReply, chunk);
                if (explanation is not null)
                    chunk[Words.Field] = explanation;
            }

            frames.Write(FrameEdits.FrameOf(chunk));
        }

        if (!hidesUsage && reply["usage"] is JsonObject usage)
        {
            JsonObject chunk = Envelope(reply);
            (chunk["choices"], chunk["usage"]) = (new JsonArray(), usage.DeepClone());
            frames.Write(FrameEdits.FrameOf(chunk));
        }

        frames.Write("data: [DONE]\n\n"u8);
        return frames.ToArray();
    }

    private static void WriteOutput(MemoryStream frames, JsonObject reply, JsonObject choice)
    {
        JsonObject message = choice["message"] as JsonObject ?? [];
        frames.Write(FrameEdits.FrameOf(Chunk(reply, choice, new() { ["role"] = message["role"]?.DeepClone() ?? "assistant", ["content"] = "" })));
        foreach (var (name, value) in message)
        {
            if (!OfTheMessage.Contains(name) && Says(value))
                frames.Write(FrameEdits.FrameOf(Chunk(reply, choice, new() { [name] = value!.DeepClone() })));
        }

        if (Says(message["content"]) || choice["logprobs"] is JsonObject)
        {
            JsonObject chunk = Chunk(reply, choice, new() { ["content"] = message["content"]?.DeepClone() ?? "" });
            chunk["choices"]![0]!["logprobs"] = choice["logprobs"]?.DeepClone();
            frames.Write(FrameEdits.FrameOf(chunk));
        }

        JsonObject[] calls = [.. (message["tool_calls"] as JsonArray ?? []).OfType<JsonObject>()];
        for (int i = 0; i < calls.Length; i++)
        {
            var call = new JsonObject { ["index"] = i };
            foreach (var (name, value) in calls[i])
                call[name] = value?.DeepClone();

            frames.Write(FrameEdits.FrameOf(Chunk(reply, choice, new() { ["tool_calls"] = new JsonArray(call) })));
        }
    }

    private static JsonObject Chunk(JsonObject reply, JsonObject choice, JsonObject delta)
    {
        JsonObject chunk = Envelope(reply);
        chunk["choices"] = new JsonArray(new JsonObject { ["index"] = choice["index"]?.DeepClone() ?? 0, ["delta"] = delta, ["finish_reason"] = null });
        return chunk;
    }

    private static JsonObject Envelope(JsonObject reply)
    {
        var chunk = new JsonObject { ["id"] = reply["id"]?.DeepClone(), ["object"] = "chat.completion.chunk" };
        foreach (string name in (ReadOnlySpan<string>)["created", "model", "system_fingerprint"])
        {
            if (reply[name] is { } value)
                chunk[name] = value.DeepClone();
        }

        return chunk;
    }

    private static void CopyOthers(JsonObject from, HashSet<string> without, JsonObject to)
    {
        foreach (var (name, value) in from)
        {
            if (!without.Contains(name) && value is not null)
                to[name] = value.DeepClone();
        }
    }

    private static bool Says(JsonNode? value) => value switch
    {
        null => false,
        JsonArray list => list.Count > 0,
        JsonValue text when text.TryGetValue(out string? said) => said.Length > 0,
        _ => true,
    };
}
