using System.Text.Json;
using System.Text.Json.Serialization;

namespace VllmAdapter;

// Open words are plain strings in JSON.

internal sealed class FinishReasonJsonConverter : JsonConverter<FinishReason>
{
    public override FinishReason Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, FinishReason value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}

internal sealed class TerminationCauseJsonConverter : JsonConverter<TerminationCause>
{
    public override TerminationCause Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, TerminationCause value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
