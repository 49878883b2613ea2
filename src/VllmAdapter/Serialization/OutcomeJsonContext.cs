using System.Text.Json.Serialization;

namespace VllmAdapter;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StreamOutcome))]
internal sealed partial class OutcomeJsonContext : JsonSerializerContext;
