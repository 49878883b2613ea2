using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter.Agents;

/// <summary>Carries data annotations into a JSON schema; what has no word there is passed over.</summary>
internal static class AnnotationSchema
{
    public static void Apply(JsonObject schema, IEnumerable<object> attributes)
    {
        foreach (object attribute in attributes)
        {
            switch (attribute)
            {
                case RangeAttribute range:
                    Bound(schema, range.Minimum, range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum");
                    Bound(schema, range.Maximum, range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum");
                    break;
                case StringLengthAttribute length:
                    Size(schema, length.MinimumLength, length.MaximumLength);
                    break;
                case LengthAttribute length:
                    Size(schema, length.MinimumLength, length.MaximumLength);
                    break;
                case MinLengthAttribute length:
                    Size(schema, length.Length, most: null);
                    break;
                case MaxLengthAttribute length:
                    Size(schema, least: 0, length.Length < 0 ? null : length.Length);
                    break;
                case RegularExpressionAttribute expression:
                    schema["pattern"] = Whole(expression.Pattern);
                    break;
                case AllowedValuesAttribute allowed:
                    Allow(schema, allowed.Values);
                    break;
                case EmailAddressAttribute:
                    schema["format"] = "email";
                    break;
                case UrlAttribute:
                    schema["format"] = "uri";
                    break;
                case RequiredAttribute required:
                    Demand(schema, required.AllowEmptyStrings);
                    break;
            }
        }
    }

    /// <summary>Adds properties to those that an object must have.</summary>
    public static void Require(JsonObject schema, IEnumerable<JsonPropertyInfo> properties)
    {
        foreach (JsonPropertyInfo property in properties)
        {
            if (schema["required"] is not JsonArray required)
                schema["required"] = required = [];
            if (!required.Any(name => name?.ToString() == property.Name))
                required.Add((JsonNode)property.Name);
        }
    }

    private static bool Is(JsonObject schema, string type) => schema["type"] switch
    {
        JsonArray types => types.Any(each => each?.ToString() == type),
        { } only => only.ToString() == type,
        null => false,
    };

    // Dates and the like have no bounds in JSON Schema; the ends of a type are none.
    private static void Bound(JsonObject schema, object bound, string word)
    {
        if (!Is(schema, "integer") && !Is(schema, "number"))
            return;

        JsonValue? number = bound switch
        {
            int.MinValue or int.MaxValue or double.MinValue or double.MaxValue => null,
            int whole => JsonValue.Create(whole),
            double real when double.IsFinite(real) => JsonValue.Create(real),
            string text when decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal exact) => JsonValue.Create(exact),
            _ => null,
        };
        if (number is not null)
            schema[word] = number;
    }

    private static void Size(JsonObject schema, int least, int? most)
    {
        if ((Is(schema, "string") ? "Length" : Is(schema, "array") ? "Items" : Is(schema, "object") ? "Properties" : null) is not { } what)
            return;

        if (least > 0)
            schema["min" + what] = least;
        if (most is not null and not int.MaxValue)
            schema["max" + what] = most;
    }

    // The annotation means the whole text, the schema any part of it.
    private static string Whole(string pattern) => pattern is ['^', .., '$'] && !pattern.Contains('|', StringComparison.Ordinal) ? pattern : $"^(?:{pattern})$";

    private static void Allow(JsonObject schema, IEnumerable<object?> values)
    {
        List<JsonNode?> allowed = [];
        foreach (object? value in values)
        {
            switch (value)
            {
                case null:
                    allowed.Add(null);
                    break;
                case Enum member when schema["enum"] is JsonArray names:
                    allowed.AddRange(names.Where(name => string.Equals(name?.ToString(), member.ToString(), StringComparison.OrdinalIgnoreCase)).Select(name => name!.DeepClone()));
                    break;
                default:
                    if (ValueOf(value) is not { } known)
                        return;
                    allowed.Add(known);
                    break;
            }
        }

        if (allowed.Count > 0)
            schema["enum"] = new JsonArray([.. allowed]);
    }

    private static JsonValue? ValueOf(object value) => value switch
    {
        string text => JsonValue.Create(text),
        char letter => JsonValue.Create(letter.ToString()),
        bool truth => JsonValue.Create(truth),
        int or long or short or byte => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        double or float => JsonValue.Create(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        _ => null,
    };

    private static void Demand(JsonObject schema, bool mayBeEmpty)
    {
        if (schema["type"] is JsonArray types && types.Where(type => type?.ToString() != "null").ToArray() is { Length: > 0 } others && others.Length < types.Count)
            schema["type"] = others.Length == 1 ? others[0]!.DeepClone() : new JsonArray([.. others.Select(type => type!.DeepClone())]);

        if (schema.TryGetPropertyValue("default", out JsonNode? value) && value is null)
            schema.Remove("default");

        if (!mayBeEmpty && Is(schema, "string") && !schema.ContainsKey("enum") && !schema.ContainsKey("minLength"))
            schema["minLength"] = 1;
    }
}
