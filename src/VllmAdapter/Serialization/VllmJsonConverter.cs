using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace VllmAdapter.Diagnostics;

/// <summary>
/// Reads and writes messages and their parts, requests, outcomes and open words with System.Text.Json. The types name it themselves, so nothing has to
/// be registered: <c>JsonSerializer.Serialize(request.Messages)</c> is an OpenAI <c>messages</c> array, by reflection and in source-generated contexts.
/// </summary>
/// <remarks>Thread-safe. It needs no reflection itself.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class VllmJsonConverter : JsonConverterFactory
{
    private static readonly Dictionary<Type, Func<JsonConverter>> Converters = new()
    {
        [typeof(VllmMessage)] = Message<VllmMessage>,
        [typeof(SystemMessage)] = Message<SystemMessage>,
        [typeof(DeveloperMessage)] = Message<DeveloperMessage>,
        [typeof(UserMessage)] = Message<UserMessage>,
        [typeof(AssistantMessage)] = Message<AssistantMessage>,
        [typeof(ToolMessage)] = Message<ToolMessage>,
        [typeof(ContentPart)] = Part<ContentPart>,
        [typeof(TextPart)] = Part<TextPart>,
        [typeof(ImagePart)] = Part<ImagePart>,
        [typeof(AudioPart)] = Part<AudioPart>,
        [typeof(AudioUrlPart)] = Part<AudioUrlPart>,
        [typeof(VideoPart)] = Part<VideoPart>,
        [typeof(RawPart)] = static () => new SavedConverter<RawPart>("a part of a message", ContentPartJson.Write, static json => new RawPart(Whole(json))),
        [typeof(StructuredOutput)] = static () => new SavedConverter<StructuredOutput>("the shape of an answer", StructuredOutputJson.Write, StructuredOutputJson.Read),
        [typeof(ChatRequest)] = static () => new SavedConverter<ChatRequest>("a saved request", ChatRequestJson.Write, ChatRequestReading.Read),
        [typeof(StreamOutcome)] = static () => new OutcomeConverter(),
        [typeof(FinishReason)] = static () => new FinishReasonJsonConverter(),
        [typeof(TerminationCause)] = static () => new TerminationCauseJsonConverter(),
    };

    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) => Converters.ContainsKey(typeToConvert);

    /// <inheritdoc/>
    public override JsonConverter? CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        Converters.TryGetValue(typeToConvert, out Func<JsonConverter>? make) ? make() : null;

    private static SavedConverter<T> Message<T>()
        where T : VllmMessage => new("a message", MessageJson.Write, static json => MessageJson.Read(json, ""));

    private static SavedConverter<T> Part<T>()
        where T : ContentPart => new("a part of a message", ContentPartJson.Write, static json => ContentPartJson.Read(json, ""));

    private static JsonObject Whole(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object ? JsonObject.Create(json.Clone())! : throw SavedFields.Misfit("it", json, "an object");
}
