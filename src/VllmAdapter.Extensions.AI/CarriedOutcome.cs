using System.Text.Json;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>
/// How an outcome travels with a response: as a text of JSON, which every serializer can write and read without knowing the type. So it is there
/// after a cache hit, and where there is no reflection.
/// </summary>
internal static class CarriedOutcome
{
    public static AdditionalPropertiesDictionary With(StreamOutcome outcome) => new() { [VllmChatClientExtensions.OutcomeKey] = outcome.ToJson() };

    /// <summary>The outcome; null if there is none.</summary>
    /// <exception cref="JsonException">What is under the key is text, but no outcome.</exception>
    public static StreamOutcome? Read(AdditionalPropertiesDictionary? properties)
    {
        if (properties is null || !properties.TryGetValue(VllmChatClientExtensions.OutcomeKey, out object? carried))
            return null;

        string? json = carried switch
        {
            string text => text,
            JsonElement { ValueKind: JsonValueKind.String } text => text.GetString(),
            _ => null,
        };
        return json is null ? null : StreamOutcome.Parse(json);
    }
}
