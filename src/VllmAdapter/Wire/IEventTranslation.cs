namespace VllmAdapter;

/// <summary>Says the events of another route in those of a chat, so that the same reader, policies and judge see them. One instance a reply.</summary>
internal interface IEventTranslation
{
    /// <summary>How many tokens the server says it allowed the answer; null if it did not say.</summary>
    int? TokensAllowed { get; }

    /// <summary>Translates one event, or one whole reply.</summary>
    /// <param name="json">One JSON object, perhaps with more behind it.</param>
    /// <param name="chunk">
    /// The chunk, valid until the next call; behind it stands the sentinel where the event ends the stream. Empty for an event that says nothing of the answer; the event
    /// itself if it is none of the route's, such as an error.
    /// </param>
    /// <returns>How many bytes of <paramref name="json"/> the event took.</returns>
    /// <exception cref="System.Text.Json.JsonException">The bytes are not a JSON object.</exception>
    int Translate(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> chunk);
}
