using System.Text.Json;
using System.Text.Json.Serialization;

namespace VllmAdapter;

// Open words are plain strings in JSON.

internal sealed class FinishReasonJsonConverter : JsonConverter<FinishReason>
{
    public override FinishReason Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, FinishReason value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Word);
}

internal sealed class StopCauseJsonConverter : JsonConverter<StopCause>
{
    public override StopCause Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, StopCause value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Name);
}
