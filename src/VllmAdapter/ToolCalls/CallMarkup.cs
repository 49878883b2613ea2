namespace VllmAdapter;

/// <summary>Looks for the call of a declared tool that stands as markup in text, where the server's parser should have found it.</summary>
/// <remarks>
/// That is what users see when the parser does not fit the model, or was not switched on (anomalyco/opencode#1122, vLLM with hermes;
/// microsoft/semantic-kernel#12811).
/// </remarks>
internal static class CallMarkup
{
    // What the templates of common models write before a call.
    private static readonly string[] Openers =
    [
        "<tool_call>", "<|tool_call|>", "<|tool_call>", "<toolcall>", "<tool_calls>", "[TOOL_CALLS]", "<|python_tag|>", "<function=", "<function_call", "<functioncall>",
        "<|tool_calls_section_begin|>", "<|tool_call_begin|>", "<\uff5ctool\u2581calls\u2581begin\uff5c>", "<\uff5ctool\u2581call\u2581begin\uff5c>",
        "<|channel|>commentary to=", "<minimax:tool_call>", "<invoke name=", "<seed:tool_call>", "<\uff5cDSML\uff5cinvoke",
    ];

    /// <returns>The name of the tool; null if nothing looks like a call of one.</returns>
    public static string? Find(string text, IReadOnlyList<ToolSignature> tools)
    {
        if (text.Length == 0)
            return null;

        int opened = Openers.Select(opener => text.IndexOf(opener, StringComparison.Ordinal)).Where(static at => at >= 0).DefaultIfEmpty(-1).Min();
        string trimmed = text.Trim();
        foreach (ToolSignature tool in tools)
        {
            if ((opened >= 0 && text.IndexOf(tool.Name, opened, StringComparison.Ordinal) >= 0) || IsBareCall(trimmed, tool.Name))
                return tool.Name;
        }

        return null;
    }

    // {"name": "f", "arguments": {...}}, alone or in a list or a fence, and [f(x=1)].
    private static bool IsBareCall(string text, string name)
    {
        text = text.TrimStart('`').TrimStart();
        if (text.StartsWith("json", StringComparison.Ordinal))
            text = text["json".Length..].TrimStart();

        if (text.StartsWith($"[{name}(", StringComparison.Ordinal))
            return true;

        return text.Length > 0 && text[0] is '{' or '['
            && text.Contains($"\"{name}\"", StringComparison.Ordinal)
            && text.Contains("\"name\"", StringComparison.Ordinal)
            && (text.Contains("\"arguments\"", StringComparison.Ordinal) || text.Contains("\"parameters\"", StringComparison.Ordinal));
    }
}
