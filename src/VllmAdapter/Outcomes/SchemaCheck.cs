using System.Text.Json;

namespace VllmAdapter;

/// <summary>
/// Checks a JSON value against what a schema surely says: types, required and forbidden properties, enums, at all depths. Every other word
/// of JSON Schema is passed over, so a value that it finds nothing against may still not fit.
/// </summary>
internal sealed class SchemaCheck
{
    // A schema may refer to itself; what takes longer than this is not looked at to its end.
    private const int MostSteps = 100_000;
    private const int MostDepth = 64;

    private readonly JsonElement _root;
    private readonly bool _enumsInAnyCase;
    private int _steps;

    private SchemaCheck(JsonElement root, bool enumsInAnyCase) => (_root, _enumsInAnyCase) = (root, enumsInAnyCase);

    /// <summary>What does not fit, and where; null if nothing was found.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="value">The value.</param>
    /// <param name="enumsInAnyCase">Whether a word of an enum may be written in another case, as readers of .NET take it.</param>
    public static string? Misfit(JsonElement schema, JsonElement value, bool enumsInAnyCase = false) =>
        new SchemaCheck(schema, enumsInAnyCase).Misfit(schema, value, "", depth: 0);

    private string? Misfit(JsonElement schema, JsonElement value, string path, int depth)
    {
        if (_steps++ > MostSteps || depth > MostDepth)
            return null;

        if (schema.ValueKind == JsonValueKind.False)
            return $"{Named(path)} is forbidden";

        return schema.ValueKind != JsonValueKind.Object ? null
            : Referred(schema, value, path, depth)
            ?? Type(schema, value, path)
            ?? Enum(schema, value, path)
            ?? Combined(schema, value, path, depth)
            ?? Properties(schema, value, path, depth)
            ?? Items(schema, value, path, depth);
    }

    private string? Referred(JsonElement schema, JsonElement value, string path, int depth) =>
        Field(schema, "$ref") is { ValueKind: JsonValueKind.String } reference && Target(reference.GetString()!) is { } target
            ? Misfit(target, value, path, depth + 1)
            : null;

    // Only what stands in the same schema: #, #/$defs/name.
    private JsonElement? Target(string reference)
    {
        if (!reference.StartsWith('#'))
            return null;

        JsonElement? at = _root;
        foreach (string step in reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
            at = at is { } parent ? Field(parent, step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)) : null;

        return at;
    }

    private static string? Type(JsonElement schema, JsonElement value, string path)
    {
        if (Field(schema, "type") is not { } type)
            return null;

        string[] types = type.ValueKind switch
        {
            JsonValueKind.String => [type.GetString()!],
            JsonValueKind.Array => [.. type.EnumerateArray().Where(each => each.ValueKind == JsonValueKind.String).Select(each => each.GetString()!)],
            _ => [],
        };
        return types.Length == 0 || types.Any(each => JsonTypes.Fits(value, each))
            ? null
            : $"{Named(path)} must be {string.Join(" or ", types)}, but is {JsonTypes.NameOf(value)}";
    }

    private string? Enum(JsonElement schema, JsonElement value, string path)
    {
        if (Field(schema, "const") is { } only && !JsonElement.DeepEquals(only, value))
            return $"{Named(path)} is not the one value that is allowed";

        return Field(schema, "enum") is { ValueKind: JsonValueKind.Array } allowed
            && !allowed.EnumerateArray().Any(each => JsonElement.DeepEquals(each, value) || (_enumsInAnyCase && AreOneWord(each, value)))
                ? $"{Named(path)} is none of the {OutcomeNotes.Count(allowed.GetArrayLength(), "value")} that are allowed"
                : null;
    }

    private static bool AreOneWord(JsonElement one, JsonElement other) => one.ValueKind == JsonValueKind.String && other.ValueKind == JsonValueKind.String
        && string.Equals(one.GetString(), other.GetString(), StringComparison.OrdinalIgnoreCase);

    private string? Combined(JsonElement schema, JsonElement value, string path, int depth)
    {
        foreach (JsonElement each in List(schema, "allOf"))
        {
            if (Misfit(each, value, path, depth + 1) is { } misfit)
                return misfit;
        }

        foreach (string name in (string[])["anyOf", "oneOf"])
        {
            JsonElement[] ways = List(schema, name);
            if (ways.Length > 0 && ways.All(each => Misfit(each, value, path, depth + 1) is not null))
                return $"{Named(path)} is nothing of what {name} allows";
        }

        return null;
    }

    private string? Properties(JsonElement schema, JsonElement value, string path, int depth)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return null;

        foreach (JsonElement required in List(schema, "required"))
        {
            if (required.ValueKind == JsonValueKind.String && Field(value, required.GetString()!) is null)
                return $"{Named($"{path}.{required.GetString()}")} is missing";
        }

        JsonElement? named = Field(schema, "properties");
        JsonElement? others = Field(schema, "patternProperties") is null ? Field(schema, "additionalProperties") : null;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            JsonElement? its = named is { } properties ? Field(properties, property.Name) : null;
            string inside = its is null ? $"{path}.(another property)" : $"{path}.{property.Name}";
            if ((its ?? others) is { } rule && Misfit(rule, property.Value, inside, depth + 1) is { } misfit)
                return misfit;
        }

        return null;
    }

    private string? Items(JsonElement schema, JsonElement value, string path, int depth)
    {
        if (value.ValueKind != JsonValueKind.Array || Field(schema, "prefixItems") is not null || Field(schema, "items") is not { } rule)
            return null;

        int index = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (Misfit(rule, item, $"{path}[{index++}]", depth + 1) is { } misfit)
                return misfit;
        }

        return null;
    }

    private static JsonElement? Field(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement field) ? field : null;

    private static JsonElement[] List(JsonElement schema, string name) =>
        Field(schema, name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    private static string Named(string path) => path.Length == 0 ? "it" : ServerText.Quote(path.TrimStart('.'), 100) ?? "it";
}
