using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Guard;

/// <summary>The few changes that a guard makes to frames. Every byte that is not changed stays as it came.</summary>
internal static class FrameEdits
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] ToUtf8(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString(Plain));

    /// <summary>A frame around JSON.</summary>
    public static byte[] FrameOf(JsonNode json) => [.. "data: "u8, .. ToUtf8(json), .. "\n\n"u8];

    /// <summary>The frame with its blank line, which the last one of a body may lack.</summary>
    public static byte[] Closed(byte[] frame) => new FrameScanner().LengthOfFirst(frame) > 0 ? frame : [.. frame, .. "\n\n"u8];

    /// <summary>Adds a property at the end of a frame's JSON, or of JSON alone.</summary>
    public static byte[] WithField(byte[] frame, string name, JsonNode value)
    {
        int end = Array.LastIndexOf(frame, (byte)'}');
        return end < 0
            ? frame
            : [.. frame.AsSpan(0, end), .. Encoding.UTF8.GetBytes($",\"{name}\":"), .. ToUtf8(value), .. frame.AsSpan(end)];
    }

    /// <summary>Writes other finish reasons over those that a frame declares.</summary>
    /// <param name="frame">A frame, or JSON alone.</param>
    /// <param name="reasons">The reasons by choice.</param>
    /// <param name="isOfOneChoice">Whether there is only choice 0, so that nothing has to be told apart.</param>
    public static byte[] WithReasons(byte[] frame, IReadOnlyDictionary<int, string> reasons, bool isOfOneChoice)
    {
        if (isOfOneChoice && reasons.TryGetValue(0, out string? reason))
            return WithEveryReason(frame, reason);

        if (JsonOf(frame) is not { } json || json["choices"] is not JsonArray choices)
            return frame;

        bool isChanged = false;
        foreach (JsonObject choice in choices.OfType<JsonObject>())
        {
            int index = IndexOf(choice);
            if (choice["finish_reason"] is null || !reasons.TryGetValue(index, out string? right))
                continue;

            choice["finish_reason"] = right;
            isChanged = true;
        }

        return isChanged ? FrameOf(json) : frame;
    }

    /// <summary>What a frame may still say in an answer that ends as an error: its text, without calls and without an end. Null if that is nothing.</summary>
    public static byte[]? TextOf(byte[] frame, FrameTraits traits, GuardedRoute route = GuardedRoute.Chat)
    {
        if (traits == FrameTraits.Comment)
            return frame;

        if (route == GuardedRoute.Responses)
            return traits == FrameTraits.None && JsonOf(frame) is { } said && said["error"] is null && said["type"]?.ToString() != "error" ? frame : null;

        if (JsonOf(frame) is not { } json || json["error"] is not null || json["choices"] is not JsonArray { Count: > 0 } choices)
            return null;

        if ((traits & (FrameTraits.Call | FrameTraits.Finish)) == FrameTraits.None)
            return frame;

        bool hasText = false;
        foreach (JsonObject choice in choices.OfType<JsonObject>())
        {
            choice["finish_reason"] = null;
            hasText |= choice["text"] is JsonValue written && written.TryGetValue(out string? words) && words.Length > 0;
            if (choice["delta"] is not JsonObject delta)
                continue;

            delta.Remove("tool_calls");
            delta.Remove("function_call");
            hasText |= delta.Any(static field => field.Key != "role" && field.Value is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0);
        }

        return hasText ? FrameOf(json) : null;
    }

    /// <summary>A chunk like another one that says nothing but how a choice ended.</summary>
    public static JsonObject FinishChunk(byte[]? likeThis, int choice, string reason, GuardedRoute route = GuardedRoute.Chat)
    {
        bool isText = route == GuardedRoute.Completions;
        JsonObject chunk = likeThis is null ? [] : JsonOf(likeThis) ?? [];
        var finish = new JsonObject();
        foreach (string name in (ReadOnlySpan<string>)["id", "object", "created", "model"])
        {
            if (chunk[name] is { } value)
                finish[name] = value.DeepClone();
        }

        finish["object"] ??= isText ? "text_completion" : "chat.completion.chunk";
        finish["choices"] = new JsonArray(new JsonObject { ["index"] = choice, [isText ? "text" : "delta"] = isText ? "" : new JsonObject(), ["finish_reason"] = reason });
        return finish;
    }

    /// <summary>The choice that a frame's first choice is of; null if it has none.</summary>
    public static JsonObject? JsonOf(ReadOnlySpan<byte> frame)
    {
        int start = frame.IndexOf((byte)'{');
        int end = frame.LastIndexOf((byte)'}');
        if (start < 0 || end < start)
            return null;

        try
        {
            var reader = new Utf8JsonReader(frame[start..(end + 1)]);
            return JsonNode.Parse(ref reader) is JsonObject json && json.Count >= 0 ? json : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private static int IndexOf(JsonObject choice) => choice["index"] is JsonValue index && index.TryGetValue(out int number) ? number : 0;

    private static byte[] WithEveryReason(byte[] frame, string reason)
    {
        byte[] word = Encoding.UTF8.GetBytes(reason);
        int from = 0;
        while (FrameTraitsReading.ValueOf(frame, "\"finish_reason\""u8, from) is >= 0 and var at && at < frame.Length)
        {
            from = at;
            int length = LengthOfValue(frame.AsSpan(at));
            if (length == 0)
                continue;

            frame = [.. frame.AsSpan(0, at), (byte)'"', .. word, (byte)'"', .. frame.AsSpan(at + length)];
        }

        return frame;
    }

    // A word in quotes; or null, which only whole replies and single chunks of the end write where a reason is missing.
    private static int LengthOfValue(ReadOnlySpan<byte> value) => value switch
    {
        [(byte)'"', .. var rest] when rest.IndexOf((byte)'"') is >= 0 and var end => end + 2,
        _ => 0,
    };
}
