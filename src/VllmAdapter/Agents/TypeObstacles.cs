using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter.Agents;

/// <summary>Why a type cannot be read from JSON: what nothing can be read into must not be shown to the model as if it could.</summary>
internal static class TypeObstacles
{
    /// <returns>Words for an exception; null if nothing stands against it.</returns>
    public static string? To(JsonTypeInfo type) => type switch
    {
        _ when IsOneByOne(type.Type) => "it gives its values one by one. Use a list",
        { Kind: not JsonTypeInfoKind.Object } or { PolymorphismOptions: not null } => null,
        { Type: { IsInterface: true } or { IsAbstract: true } } => "it is abstract, and nothing says which type to create",

        // Streams, clients, connections, tasks.
        _ when typeof(IDisposable).IsAssignableFrom(type.Type) || typeof(IAsyncDisposable).IsAssignableFrom(type.Type) => "it is not data: it has to be disposed",
        { Properties.Count: 0 } when Fields(type.Type) > 0 => "it has fields and no properties, as tuples have",
        _ when UnfilledValue(type) is { } value => $"its constructor takes '{value}', and no property has that name",
        _ => null,
    };

    /// <summary>The same by its schema: the exporter has a word for types that the serializer does not know (a delegate, a Type, a pointer, an F# union).</summary>
    public static string? To(JsonNode schema) =>
        schema is JsonObject json && json["not"] is JsonValue not && not.GetValueKind() == JsonValueKind.True ? "the serializer has no form for it" : null;

    /// <summary>The same of a parameter, for which a type that only tells makes no sense.</summary>
    public static string? ToParameter(JsonTypeInfo type) =>
        To(type) ?? (type is { Kind: JsonTypeInfoKind.Object, PolymorphismOptions: null, Properties.Count: > 0 }
        && type.Properties.All(property => property.Set is null && property.AssociatedParameter is null && !property.IsExtensionData)
            ? "it has no property that could be set"
            : null);

    private static bool IsOneByOne(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>);

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Fields that were trimmed away are none that anybody would miss.")]
    private static int Fields(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Instance).Length;

    // As services are made. The serializer finds out only when it reads.
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Code that is trimmed takes types with metadata, whose properties the serializer keeps.")]
    private static string? UnfilledValue(JsonTypeInfo type)
    {
        if (type.ConstructorAttributeProvider is not ConstructorInfo constructor)
            return null;

        return constructor.GetParameters().FirstOrDefault(parameter => !HasProperty(type.Type, parameter.Name))?.Name;

        static bool HasProperty(Type type, string? name) =>
            type.GetMembers(BindingFlags.Public | BindingFlags.Instance).Any(member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase));
    }
}
