using System.Text.Json;
using static VllmAdapter.Agents.SchemaNode;

namespace VllmAdapter.Agents;

/// <summary>
/// Holds arguments against what annotations put into their schema, at all depths: the serializer, which reads them, knows nothing of
/// annotations. Only for schemas that were made of .NET types, and for what the serializer took.
/// </summary>
internal sealed class ArgumentCheck
{
    private readonly JsonElement _root;

    private ArgumentCheck(JsonElement root) => _root = root;

    /// <exception cref="JsonException">Something is missing, is null, or breaks a limit; the words are for the model, and name the place.</exception>
    public static void ThrowIfUnfit(JsonElement arguments, JsonElement schema) => new ArgumentCheck(schema).Check(arguments, schema, path: "");

    private void Check(JsonElement value, JsonElement? unresolved, string path)
    {
        if (Resolved(_root, unresolved) is not { ValueKind: JsonValueKind.Object } schema)
            return;

        if (value.ValueKind == JsonValueKind.Null && Member(schema, "type") is not null && !IsOf(schema, "null"))
            throw new JsonException($"{Named(path)} must not be null.");
        if (ArgumentLimits.Misfit(schema, value) is { } misfit)
            throw new JsonException($"{Named(path)} {misfit}.");

        if (value.ValueKind == JsonValueKind.Object)
            CheckMembers(value, schema, path.Length == 0 ? "" : $"{path}.");
        else if (value.ValueKind == JsonValueKind.Array && Member(schema, "items") is { } items)
            CheckItems(value, items, path);
    }

    private void CheckMembers(JsonElement value, JsonElement schema, string prefix)
    {
        // Serializers may be told to pass over upper and lower case.
        var members = value.EnumerateObject().ToLookup(member => member.Name, member => member.Value, StringComparer.OrdinalIgnoreCase);
        if (Member(schema, "required") is { ValueKind: JsonValueKind.Array } required)
        {
            foreach (JsonElement name in required.EnumerateArray().Where(name => !members.Contains(name.GetString()!)))
                throw new JsonException($"The required argument '{prefix}{name.GetString()}' is missing.");
        }

        JsonElement? named = Member(schema, "properties");
        foreach (JsonProperty member in value.EnumerateObject())
            Check(member.Value, Member(named, member.Name) ?? Member(schema, "additionalProperties"), prefix + member.Name);
    }

    private void CheckItems(JsonElement value, JsonElement items, string path)
    {
        int at = 0;
        foreach (JsonElement item in value.EnumerateArray())
            Check(item, items, $"{path}[{at++}]");
    }

    private static string Named(string path) => path.Length == 0 ? "The whole of the arguments" : $"The argument '{path}'";
}
