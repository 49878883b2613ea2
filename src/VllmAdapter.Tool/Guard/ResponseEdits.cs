using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Guard;

/// <summary>What a guard tells of, and changes about, the events of <c>/v1/responses</c>.</summary>
internal static class ResponseEdits
{
    /// <summary>Tells by the bytes alone what a frame holds. Within a text its quotes would be escaped, so that a quoted word is the server's.</summary>
    public static FrameTraits TraitsOf(ReadOnlySpan<byte> frame)
    {
        var traits = FrameTraits.None;
        if (frame.IndexOf("\"function_call\""u8) >= 0 || frame.IndexOf("\"response.function_call_arguments."u8) >= 0)
            traits |= FrameTraits.Call;

        if (frame.IndexOf("\"response.completed\""u8) >= 0 || frame.IndexOf("\"response.incomplete\""u8) >= 0
            || frame.IndexOf("\"response.failed\""u8) >= 0 || frame.IndexOf("\"response.cancelled\""u8) >= 0)
        {
            traits |= FrameTraits.Finish;
        }

        return traits;
    }

    /// <summary>The terminal event as it should have been: one of an answer that a limit cut is <c>response.incomplete</c>, and says why (vLLM does so since 0.33.0).</summary>
    public static byte[] Terminal(byte[] frame, Ending ending)
    {
        bool isTrue = ending.Outcome.Verdict != StreamVerdict.LengthLimited || frame.AsSpan().IndexOf("\"response.incomplete\""u8) >= 0;
        if (isTrue || FrameEdits.JsonOf(frame) is not { } json || json["response"] is not JsonObject response)
            return frame;

        json["type"] = "response.incomplete";
        Cut(response);
        return [.. "event: response.incomplete\n"u8, .. FrameEdits.FrameOf(json)];
    }

    /// <summary>Makes a response incomplete, and the item with which it breaks off.</summary>
    public static void Cut(JsonObject response)
    {
        response["status"] = "incomplete";
        response["incomplete_details"] = new JsonObject { ["reason"] = "max_output_tokens" };
        if (response["output"] is JsonArray { Count: > 0 } output && output[^1] is JsonObject last && last.ContainsKey("status"))
            last["status"] = "incomplete";
    }

    /// <summary>The event that an answer ends as which is none, in the words of the route and in those that every client of OpenAI reads.</summary>
    /// <param name="ending">How it ended.</param>
    /// <param name="sequence">The number of the event.</param>
    public static byte[] Error(Ending ending, int sequence)
    {
        JsonObject json = Words.Error(ending);
        var error = new JsonObject
        {
            ["type"] = "error",
            ["code"] = json["error"]!["type"]?.DeepClone(),
            ["message"] = json["error"]!["message"]?.DeepClone(),
            ["param"] = null,
            ["sequence_number"] = sequence,
        };
        foreach (var (name, value) in json)
            error[name] = value?.DeepClone();

        return [.. "event: error\n"u8, .. FrameEdits.FrameOf(error)];
    }

    /// <summary>The number of the last event in a row of frames; null if none is numbered.</summary>
    public static int? LastSequence(ReadOnlySpan<byte> frames)
    {
        ReadOnlySpan<byte> name = "\"sequence_number\":"u8;
        int at = frames.LastIndexOf(name);
        if (at < 0)
            return null;

        ReadOnlySpan<byte> rest = frames[(at + name.Length)..].TrimStart((byte)' ');
        return System.Buffers.Text.Utf8Parser.TryParse(rest, out int number, out _) ? number : null;
    }
}
