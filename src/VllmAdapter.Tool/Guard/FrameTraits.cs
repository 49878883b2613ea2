namespace VllmAdapter.Tool.Guard;

/// <summary>What a frame of an event stream holds, as far as a guard has to know.</summary>
[Flags]
internal enum FrameTraits
{
    None = 0,

    /// <summary>A piece of a tool call.</summary>
    Call = 1,

    /// <summary>A finish reason.</summary>
    Finish = 2,

    /// <summary>Usage, and no choice.</summary>
    UsageOnly = 4,

    /// <summary>The end marker.</summary>
    Done = 8,

    /// <summary>Nothing but comments.</summary>
    Comment = 16,
}

internal static class FrameTraitsReading
{
    /// <summary>Tells by the bytes alone, beside what the adapter reads of them: a call must not slip through on either way.</summary>
    public static FrameTraits Of(ReadOnlySpan<byte> frame, GuardedRoute route = GuardedRoute.Chat)
    {
        if (IsComment(frame))
            return FrameTraits.Comment;

        if (route == GuardedRoute.Responses)
            return ResponseEdits.TraitsOf(frame);

        var traits = FrameTraits.None;
        if (HasValue(frame, "\"tool_calls\""u8, (byte)'[') || HasValue(frame, "\"function_call\""u8, (byte)'{'))
            traits |= FrameTraits.Call;

        if (HasValue(frame, "\"finish_reason\""u8, (byte)'"'))
            traits |= FrameTraits.Finish;

        // Azure's first chunk has no choice either, and nothing was counted yet.
        if (traits == FrameTraits.None && HasEmptyList(frame, "\"choices\""u8) && HasValue(frame, "\"usage\""u8, (byte)'{'))
            traits |= FrameTraits.UsageOnly;

        if (frame.IndexOf("[DONE]"u8) is >= 0 and var at && !frame[..at].Contains((byte)'{'))
            traits |= FrameTraits.Done;

        return traits;
    }

    /// <summary>Where the value of a property begins, from a place on; -1 if it is not there.</summary>
    public static int ValueOf(ReadOnlySpan<byte> json, ReadOnlySpan<byte> quotedName, int from = 0)
    {
        while (json[from..].IndexOf(quotedName) is >= 0 and var offset)
        {
            from += offset + quotedName.Length;
            int colon = SkipSpace(json, from);
            if (colon < json.Length && json[colon] == ':')
                return SkipSpace(json, colon + 1);
        }

        return -1;
    }

    // An empty list and null stand for "no calls"; servers write them into chunks of text.
    private static bool HasValue(ReadOnlySpan<byte> json, ReadOnlySpan<byte> quotedName, byte opensWith)
    {
        for (int at = ValueOf(json, quotedName); at >= 0 && at < json.Length; at = ValueOf(json, quotedName, at))
        {
            if (json[at] != opensWith)
                continue;

            int inside = SkipSpace(json, at + 1);
            byte closesWith = opensWith switch { (byte)'[' => (byte)']', (byte)'{' => (byte)'}', _ => opensWith };
            if (inside < json.Length && json[inside] != closesWith)
                return true;
        }

        return false;
    }

    private static bool HasEmptyList(ReadOnlySpan<byte> json, ReadOnlySpan<byte> quotedName)
    {
        int at = ValueOf(json, quotedName);
        return at >= 0 && at < json.Length && json[at] == '[' && SkipSpace(json, at + 1) is var inside && inside < json.Length && json[inside] == ']';
    }

    private static int SkipSpace(ReadOnlySpan<byte> json, int from)
    {
        while (from < json.Length && json[from] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
            from++;

        return from;
    }

    private static bool IsComment(ReadOnlySpan<byte> frame)
    {
        bool startsLine = true;
        foreach (byte character in frame)
        {
            bool isLineEnd = character is (byte)'\n' or (byte)'\r';
            if (startsLine && !isLineEnd && character != ':')
                return false;

            startsLine = isLineEnd;
        }

        return true;
    }
}
