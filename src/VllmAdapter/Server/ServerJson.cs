using System.Text.Json.Serialization;

namespace VllmAdapter.Server;

// What is required here is what makes an answer one: without it, something else than vLLM answered.

internal sealed record VersionJson([property: JsonRequired] string? Version);

internal sealed record LoadJson([property: JsonRequired] int ServerLoad);

internal sealed record TokenizeTextJson(string? Model, string Prompt, bool? AddSpecialTokens, bool? ReturnTokenStrs);

internal sealed record DetokenizeJson(string? Model, IReadOnlyList<int> Tokens);

internal sealed record DetokenizedJson([property: JsonRequired] string? Prompt);

internal sealed record LoadLoraJson(string LoraName, string LoraPath, bool? LoadInplace);

internal sealed record UnloadLoraJson(string LoraName);

internal sealed record IsSleepingJson([property: JsonRequired] bool IsSleeping);

internal sealed record IsPausedJson([property: JsonRequired] bool IsPaused);

internal sealed record StatusJson(string? Status, bool? Success);

internal sealed record AbortJson(IReadOnlyList<string>? RequestIds);

internal sealed record AbortedJson([property: JsonRequired] int Aborted);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VersionJson))]
[JsonSerializable(typeof(LoadJson))]
[JsonSerializable(typeof(TokenizeTextJson))]
[JsonSerializable(typeof(DetokenizeJson))]
[JsonSerializable(typeof(DetokenizedJson))]
[JsonSerializable(typeof(LoadLoraJson))]
[JsonSerializable(typeof(UnloadLoraJson))]
[JsonSerializable(typeof(IsSleepingJson))]
[JsonSerializable(typeof(IsPausedJson))]
[JsonSerializable(typeof(StatusJson))]
[JsonSerializable(typeof(AbortJson))]
[JsonSerializable(typeof(AbortedJson))]
internal sealed partial class ServerJsonContext : JsonSerializerContext;
