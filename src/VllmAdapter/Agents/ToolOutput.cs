namespace VllmAdapter.Agents;

/// <summary>What a tool gave back for the model to see: text, and whatever is more than text.</summary>
internal readonly record struct ToolOutput(string Text, IReadOnlyList<ContentPart> Parts)
{
    public static ToolOutput Of(string? text) => new(text ?? "null", []);

    public static ToolOutput Of(IReadOnlyList<ContentPart> parts)
    {
        string text = string.Join('\n', parts.OfType<TextPart>().Select(part => part.Text));
        return parts.All(part => part is TextPart) ? new ToolOutput(text, []) : new ToolOutput(text, parts);
    }
}
