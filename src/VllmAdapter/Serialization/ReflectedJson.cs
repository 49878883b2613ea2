using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter;

/// <summary>How types are read and written where nobody says otherwise: in camel case, enums by name, and to the letter.</summary>
[RequiresUnreferencedCode("Types are read by reflection.")]
[RequiresDynamicCode("Types are read by reflection.")]
internal static class ReflectedJson
{
    public const string UsesReflection =
        "The type is read by reflection. Where code is trimmed or compiled ahead of time, use the overload that takes JsonTypeInfo.";

    private static readonly JsonSerializerOptions ToTheLetter = NewSerializer();

    public static JsonSerializerOptions Or(JsonSerializerOptions? serializer)
    {
        serializer ??= ToTheLetter;
        serializer.MakeReadOnly(populateMissingResolver: true);
        return serializer;
    }

    public static JsonTypeInfo<T> TypeOf<T>(JsonSerializerOptions? serializer) => (JsonTypeInfo<T>)Or(serializer).GetTypeInfo(typeof(T));

    // What the model writes is held to the schema to the letter: "3" is no integer, and the model can be told so.
    private static JsonSerializerOptions NewSerializer()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,

            // Models write the discriminator of a type anywhere in its object.
            AllowOutOfOrderMetadataProperties = true,
            MaxDepth = JsonText.MaxDepth,
        };
        options.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
        return options;
    }
}
