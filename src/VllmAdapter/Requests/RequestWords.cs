using System.Globalization;

namespace VllmAdapter;

/// <summary>What requests and messages say of themselves in logs and debuggers: kinds, counts and lengths, never what anybody wrote.</summary>
internal static class RequestWords
{
    public static string Of(ChatRequest request) => string.Join(", ", new[]
    {
        $"Chat request: {OutcomeNotes.Count(request.Messages.Count, "message")} of {Length(request.Messages.Sum(LengthOf))}",
        request.Tools.Count > 0 ? OutcomeNotes.Count(request.Tools.Count, "tool") : "",
        request.Model is { } model ? $"model {model}" : "",
        request.MaxTokens is { } maxTokens ? $"at most {OutcomeNotes.Count(maxTokens, "token")}" : "",
        request.ChoiceCount is { } choices ? OutcomeNotes.Count(choices, "choice") : "",
        request.Extra is { Count: > 0 } extra ? $"{OutcomeNotes.Count(extra.Count, "extra field")}" : "",
        !request.Stream ? "not streamed" : "",
    }.Where(part => part.Length > 0));

    public static string Of(VllmMessage message) => message switch
    {
        SystemMessage => $"System message: {Length(LengthOf(message))}",
        DeveloperMessage => $"Developer message: {Length(LengthOf(message))}",
        UserMessage user => $"User message: {Length(LengthOf(message))}{And(user.Parts.Count, "part")}",
        AssistantMessage assistant => $"Assistant message: {Length(LengthOf(message))}{And(assistant.ToolCalls.Count, "tool call")}",
        ToolMessage result => $"Tool result of {result.ToolCallId}: {Length(LengthOf(message))}{And(result.Parts.Count, "part")}",
        _ => "Message",
    };

    public static string Of(ContentPart part) => part switch
    {
        TextPart => $"Text part: {Length(LengthOf(part))}",
        ImagePart => $"Image part: URL of {Length(LengthOf(part))}",
        AudioPart audio => $"Audio part: {audio.Format}, {Length(LengthOf(part))} of base64",
        AudioUrlPart => $"Audio part: URL of {Length(LengthOf(part))}",
        VideoPart => $"Video part: URL of {Length(LengthOf(part))}",
        _ => "Raw part",
    };

    /// <summary>How many characters of text a message holds.</summary>
    public static long LengthOf(VllmMessage message) => message switch
    {
        SystemMessage system => system.Text?.Length ?? 0,
        DeveloperMessage developer => developer.Text?.Length ?? 0,
        UserMessage user => (user.Text?.Length ?? 0) + Sum(user.Parts, LengthOf),
        AssistantMessage assistant => (assistant.Text?.Length ?? 0) + (assistant.Reasoning?.Length ?? 0) + Sum(assistant.ToolCalls, static call => call.Arguments.Length),
        ToolMessage result => (result.Content?.Length ?? 0) + Sum(result.Parts, LengthOf),
        _ => 0,
    };

    /// <summary>How many characters of text a part holds.</summary>
    public static long LengthOf(ContentPart part) => part switch
    {
        TextPart text => text.Text?.Length ?? 0,
        ImagePart image => image.Url?.Length ?? 0,
        AudioPart audio => audio.Base64?.Length ?? 0,
        AudioUrlPart audio => audio.Url?.Length ?? 0,
        VideoPart video => video.Url?.Length ?? 0,
        _ => 0,
    };

    // Every message of every request is measured, and most have none of these.
    private static long Sum<T>(IReadOnlyList<T> list, Func<T, long> lengthOf)
    {
        long sum = 0;
        for (int i = 0; i < list.Count; i++)
            sum += lengthOf(list[i]);

        return sum;
    }

    private static string Length(long characters) => OutcomeNotes.Count(characters, "character");

    private static string And(int count, string noun) => count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {OutcomeNotes.Count(count, noun)}");
}
