using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>What the user says, and shows.</summary>
/// <remarks>
/// Text alone is sent as a plain string, which every server and gateway takes; with parts a list is sent. Equal to another that is sent alike: a text
/// with parts after it is the same as these parts with the text as the first.
/// </remarks>
[JsonConverter(typeof(VllmJsonConverter))]
public sealed record UserMessage : VllmMessage
{
    /// <summary>The words; they come before the parts.</summary>
    /// <value>Null (default): there are only parts.</value>
    public string? Text { get; init; }

    /// <summary>What follows the text, in order.</summary>
    /// <value>Empty (default): there is only text.</value>
    public IReadOnlyList<ContentPart> Parts { get; init => field = ValueList<ContentPart>.Of(value); } = ValueList<ContentPart>.Empty;

    /// <inheritdoc/>
    public bool Equals(UserMessage? other) =>
        base.Equals(other) && Parts.Count > 0 == other.Parts.Count > 0 && Spoken.SequenceEqual(other.Spoken);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Spoken.FirstOrDefault());

    private IEnumerable<ContentPart> Spoken => Text is null ? Parts : Parts.Prepend(new TextPart(Text));
}
