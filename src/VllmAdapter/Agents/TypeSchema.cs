using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter.Agents;

/// <summary>Makes JSON schemas out of types: of a tool's arguments, and of an answer.</summary>
internal static class TypeSchema
{
    private static readonly JsonSchemaExporterOptions Answers = new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = static (context, schema) => Describe(context, schema),
    };

    // Annotations bound what a call may ask for. An answer is compiled into a grammar, which knows fewer words than JSON Schema has.
    private static readonly JsonSchemaExporterOptions Arguments = new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = static (context, schema) => Annotate(context, Describe(context, schema)),
    };

    public static JsonObject NoArguments() => new() { ["type"] = "object", ["properties"] = new JsonObject() };

    /// <summary>The schema of an answer.</summary>
    public static JsonNode Of(JsonTypeInfo type) => type.GetJsonSchemaAsNode(Answers);

    public static JsonObject OfArguments(JsonTypeInfo arguments)
    {
        return arguments.GetJsonSchemaAsNode(Arguments) is JsonObject schema && schema["type"] is JsonValue type && type.ToString() == "object"
            ? schema
            : throw new ArgumentException(
                $"The arguments of a call are one JSON object, but {arguments.Type} is not written as one. Wrap it in a record.", nameof(arguments));
    }

    [RequiresUnreferencedCode("The schema of a parameter is made by reflection.")]
    [RequiresDynamicCode("The schema of a parameter is made by reflection.")]
    public static JsonObject Of(ParameterInfo parameter, bool isNullable, JsonSerializerOptions serializer)
    {
        if (TypeObstacles.ToParameter(serializer.GetTypeInfo(parameter.ParameterType)) is { } obstacle)
            throw Unreadable(parameter.ParameterType, obstacle);

        // "true": anything goes.
        JsonObject json = serializer.GetJsonSchemaAsNode(parameter.ParameterType, Arguments) as JsonObject ?? [];
        Rebase(json, parameter.Name!);
        if (isNullable && json["type"] is JsonValue type && type.GetValueKind() == JsonValueKind.String)
            json["type"] = new JsonArray(type.ToString(), "null");

        AnnotationSchema.Apply(json, parameter.GetCustomAttributes(inherit: true));
        if (parameter.GetCustomAttribute<DescriptionAttribute>() is { } described)
            PutFirst(json, "description", described.Description);

        if (DefaultOf(parameter) is { } value)
            json["default"] = JsonSerializer.SerializeToNode(value, parameter.ParameterType, serializer);

        return json;
    }

    /// <summary>The default value of a parameter; null if there is none.</summary>
    public static object? DefaultOf(ParameterInfo parameter)
    {
        if (parameter is not { HasDefaultValue: true, DefaultValue: { } value })
            return null;

        // Reflection gives the default value of a nullable enum as a number.
        return Nullable.GetUnderlyingType(parameter.ParameterType) is { IsEnum: true } type ? Enum.ToObject(type, value) : value;
    }

    /// <summary>Whether null is a value of the type by what the schema says: an F# option is null for None, and a struct may be any JSON.</summary>
    public static bool TakesNull(JsonObject schema, Type type) => schema["type"] switch
    {
        JsonArray types => types.Any(word => word?.ToString() == "null"),
        null => type.IsValueType && !schema.ContainsKey("enum"),
        _ => false,
    };

    public static ArgumentException Unreadable(Type type, string why) => new(
        $"{type} cannot be read from JSON: {why}. Take a record or a class with properties, or the ToolCall itself and read its Arguments. "
        + "A service is an IServiceProvider, is marked [FromKeyedServices] or [FromServices], or is captured by a lambda.",
        nameof(type));

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        if ((TypeObstacles.To(context.TypeInfo) ?? TypeObstacles.To(schema)) is { } obstacle)
            throw Unreadable(context.TypeInfo.Type, obstacle);

        if (schema is not JsonObject json)
            return schema;

        // Enums by name: the exporter lists the names, with null for an enum that may be null, and leaves the type out.
        if (json["enum"] is JsonArray names && !json.ContainsKey("type") && names.All(name => name is null || name.GetValueKind() == JsonValueKind.String))
            json.Insert(0, "type", names.Contains(null) ? new JsonArray("string", "null") : "string");

        if (DescriptionOf(context) is { } description)
            PutFirst(json, "description", description);

        return json;
    }

    private static JsonNode Annotate(JsonSchemaExporterContext context, JsonNode schema)
    {
        if (schema is not JsonObject json)
            return schema;

        if (context.PropertyInfo is { } property)
            AnnotationSchema.Apply(json, AttributesOf(property));

        AnnotationSchema.Require(json, context.TypeInfo.Properties.Where(member => AttributesOf(member).OfType<RequiredAttribute>().Any()));
        return json;
    }

    private static IEnumerable<object> AttributesOf(JsonPropertyInfo property) =>
        new[] { property.AttributeProvider, property.AssociatedParameter?.AttributeProvider }
            .OfType<ICustomAttributeProvider>().SelectMany(place => place.GetCustomAttributes(inherit: true));

    private static string? DescriptionOf(JsonSchemaExporterContext context)
    {
        ICustomAttributeProvider?[] places =
        [
            context.PropertyInfo?.AttributeProvider,
            context.PropertyInfo?.AssociatedParameter?.AttributeProvider,
            context.PropertyInfo is null ? null : context.TypeInfo.Type,
        ];
        return places.OfType<ICustomAttributeProvider>()
            .SelectMany(place => place.GetCustomAttributes(typeof(DescriptionAttribute), inherit: false))
            .OfType<DescriptionAttribute>().FirstOrDefault()?.Description;
    }

    // A recursive type refers to its own root, which is now a property.
    private static void Rebase(JsonNode? node, string property)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array)
                Rebase(item, property);
        }
        else if (node is JsonObject json)
        {
            if (json["$ref"] is JsonValue reference && reference.ToString() is ['#', ..] path)
                json["$ref"] = $"#/properties/{property}{path[1..]}";

            foreach ((_, JsonNode? value) in json)
                Rebase(value, property);
        }
    }

    private static void PutFirst(JsonObject json, string name, string value)
    {
        json.Remove(name);
        json.Insert(0, name, value);
    }
}
