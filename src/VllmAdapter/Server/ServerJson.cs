using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace VllmAdapter;

// What is required here is what makes an answer one: without it, something else than vLLM answered.

internal sealed record ModelListJson([property: JsonRequired] IReadOnlyList<ModelJson>? Data);

internal sealed record ModelJson(string? Id, string? Root, string? Parent, string? OwnedBy, int? MaxModelLen);

internal sealed record VersionJson([property: JsonRequired] string? Version);

internal sealed record LoadJson([property: JsonRequired] int ServerLoad);

internal sealed record TokensJson(
    [property: JsonRequired] int Count, int? MaxModelLen, IReadOnlyList<int>? Tokens, IReadOnlyList<string>? TokenStrs);

internal sealed record TokenizeTextJson(string? Model, string Prompt, bool? AddSpecialTokens, bool? ReturnTokenStrs);

internal sealed record DetokenizeJson(string? Model, IReadOnlyList<int> Tokens);

internal sealed record DetokenizedJson([property: JsonRequired] string? Prompt);

internal sealed record RenderedJson([property: JsonRequired] IReadOnlyList<int>? TokenIds, JsonObject? SamplingParams);

internal sealed record LoadLoraJson(string LoraName, string LoraPath, bool? LoadInplace);

internal sealed record UnloadLoraJson(string LoraName);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ModelListJson))]
[JsonSerializable(typeof(VersionJson))]
[JsonSerializable(typeof(LoadJson))]
[JsonSerializable(typeof(TokensJson))]
[JsonSerializable(typeof(TokenizeTextJson))]
[JsonSerializable(typeof(DetokenizeJson))]
[JsonSerializable(typeof(DetokenizedJson))]
[JsonSerializable(typeof(RenderedJson))]
[JsonSerializable(typeof(LoadLoraJson))]
[JsonSerializable(typeof(UnloadLoraJson))]
internal sealed partial class ServerJsonContext : JsonSerializerContext;
