using System.Text.Json;

namespace VllmAdapter;

/// <summary>
/// Refuses tools that could not be told apart: every vLLM takes them, and it is the calls that go wrong. Looks at the finished body, so that what
/// came by <see cref="ChatRequest.Extra"/> counts too.
/// </summary>
internal static class ToolsCheck
{
    public static void Check(JsonElement body)
    {
        if (body.ListAt("tools"u8) is not { } tools || tools.GetArrayLength() < 2)
            return;

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement tool in tools.EnumerateArray())
        {
            if (tool.At("function"u8)?.TextAt("name"u8) is { } name && !names.Add(name))
            {
                throw RequestRefusal.Because(
                    $"Two tools are called '{ServerText.Quote(name)}', and their calls could not be told apart. Give each a name of its own; "
                    + $"{nameof(ChatRequest.SendUnchecked)} sends it anyway.");
            }
        }
    }
}
