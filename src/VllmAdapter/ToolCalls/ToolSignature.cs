using System.Text.Json;

namespace VllmAdapter.Diagnostics;

/// <summary>A tool that the request declared, as far as it bears on a call to it.</summary>
public sealed record ToolSignature
{
    /// <summary>The tool's name.</summary>
    public required string Name { get; init; }

    /// <summary>The names of the parameters that a call must give.</summary>
    public IReadOnlyList<string> RequiredParameters { get; init => field = ValueList<string>.Of(value); } = ValueList<string>.Empty;

    /// <summary>The JSON types that the schema allows for each parameter; a parameter whose schema names no type is not listed.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ParameterTypes { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>Whether the tool takes no parameters at all.</summary>
    public bool TakesNoParameters { get; init; }

    /// <summary>Whether the schema is composed of others (<c>$ref</c>, <c>anyOf</c> ...), so that more may be required than is listed.</summary>
    public bool MayRequireMore { get; init; }

    /// <inheritdoc/>
    public bool Equals(ToolSignature? other) => other is not null
        && (Name, TakesNoParameters, MayRequireMore) == (other.Name, other.TakesNoParameters, other.MayRequireMore)
        && RequiredParameters.SequenceEqual(other.RequiredParameters, StringComparer.Ordinal)
        && ParameterTypes.Count == other.ParameterTypes.Count
        && ParameterTypes.All(mine => other.ParameterTypes.TryGetValue(mine.Key, out IReadOnlyList<string>? theirs) && theirs.SequenceEqual(mine.Value, StringComparer.Ordinal));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, RequiredParameters.Count, ParameterTypes.Count);

    internal static ToolSignature From(string name, JsonElement? parameters)
    {
        if (parameters is not { ValueKind: not JsonValueKind.Null } schema)
            return new ToolSignature { Name = name, TakesNoParameters = true };

        if (schema.ValueKind != JsonValueKind.Object)
            return new ToolSignature { Name = name, MayRequireMore = true };

        var types = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        bool hasProperties = false;
        if (schema.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in properties.EnumerateObject())
            {
                hasProperties = true;
                if (TypesOf(property.Value) is { Count: > 0 } allowed)
                    types[property.Name] = allowed;
            }
        }

        List<string> required = [];
        if (schema.TryGetProperty("required", out JsonElement names) && names.ValueKind == JsonValueKind.Array)
            required.AddRange(names.EnumerateArray().Where(n => n.ValueKind == JsonValueKind.String).Select(n => n.GetString()!));

        // What we cannot see is not known to be absent.
        bool composed = schema.EnumerateObject().Any(p => p.Name is "$ref" or "$dynamicRef" or "allOf" or "anyOf" or "oneOf" or "if" or "not" or "minProperties");
        bool open = schema.TryGetProperty("patternProperties", out _)
            || (schema.TryGetProperty("additionalProperties", out JsonElement more) && more.ValueKind is JsonValueKind.Object or JsonValueKind.True);
        return new ToolSignature
        {
            Name = name,
            RequiredParameters = required,
            ParameterTypes = types,
            TakesNoParameters = !hasProperties && required.Count == 0 && !composed && !open,
            MayRequireMore = composed,
        };
    }

    private static List<string> TypesOf(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("type", out JsonElement type))
            return [];

        return type.ValueKind switch
        {
            JsonValueKind.String => [type.GetString()!],
            JsonValueKind.Array => [.. type.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.String).Select(t => t.GetString()!)],
            _ => [],
        };
    }
}
