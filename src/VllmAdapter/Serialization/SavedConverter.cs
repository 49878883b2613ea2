using System.Text.Json;
using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>Reads and writes one of the types that are saved, whatever the serializer's own options say of names and nulls.</summary>
internal sealed class SavedConverter<T>(string what, Action<Utf8JsonWriter, T> write, Func<JsonElement, object> read) : JsonConverter<T>
    where T : class
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        object value = SavedJson.Read(document.RootElement.GetRawText(), what, read);
        return value as T ?? throw new JsonException($"This is not {what} of this kind: it is a {value.GetType().Name}, not a {typeof(T).Name}.");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => write(writer, value);
}
