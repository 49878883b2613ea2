using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Guard;

/// <summary>The changes that a guard makes to a whole reply whose finish reason is missing, or not true.</summary>
internal static class WholeEdits
{
    public static byte[] WithReasons(byte[] reply, Ending ending, bool explains, GuardedRoute route = GuardedRoute.Chat)
    {
        if (FrameEdits.JsonOf(reply) is not { } json || (route != GuardedRoute.Responses && json["choices"] is not JsonArray))
            return reply;

        if (route == GuardedRoute.Responses && ending.Outcome.Verdict == StreamVerdict.LengthLimited)
            ResponseEdits.Cut(json);

        foreach (JsonObject choice in (json["choices"] as JsonArray ?? []).OfType<JsonObject>())
        {
            int index = choice["index"] is JsonValue value && value.TryGetValue(out int number) ? number : 0;
            if (ending.Reasons.TryGetValue(index, out string? reason))
                choice["finish_reason"] = reason;
        }

        if (explains)
            json[Words.Field] = Words.Explanation(ending.Outcome);

        return FrameEdits.ToUtf8(json);
    }
}
