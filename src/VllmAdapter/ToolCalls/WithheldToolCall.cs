namespace VllmAdapter;

/// <summary>A tool call that must not be run, with all that was received of it. It is never repaired.</summary>
public sealed record WithheldToolCall
{
    /// <summary>Why it must not be run.</summary>
    public WithheldReason Reason { get; init; }

    /// <summary>The choice that it belongs to.</summary>
    public int ChoiceIndex { get; init; }

    /// <summary>The server's id, or null.</summary>
    public string? Id { get; init; }

    /// <summary>The tool's name, or null if none came.</summary>
    public string? Name { get; init; }

    /// <summary>The arguments' text as received: possibly empty, cut or broken.</summary>
    public string RawArguments { get; init; } = "";

    /// <summary>One sentence for people and for the model.</summary>
    public string Explain() => $"The call of {ServerText.Quote(Name, MostOfAName) ?? "an unnamed tool"} was withheld: {Because}.";

    private const int MostOfAName = 64;

    /// <inheritdoc/>
    public override string ToString() => Explain();

    private string Because => Reason switch
    {
        WithheldReason.ChoiceCut => "its choice was cut by the token limit, and complete JSON does not prove a complete call",
        WithheldReason.ChoiceNotFinished => "its choice did not finish",
        WithheldReason.StreamBroken => "the stream broke off before its end",
        WithheldReason.EndUnconfirmed => "neither the sentinel nor a token count shows that no limit cut it",
        WithheldReason.NameMissing => "the server sent no name",
        WithheldReason.ArgumentsMissing => "the server sent no arguments, and nothing shows that none were meant",
        WithheldReason.ArgumentsOpen => "its arguments end in the middle of their JSON",
        WithheldReason.ArgumentsMalformed => "its arguments are not JSON",
        WithheldReason.ArgumentsNotAnObject => "its arguments are not a JSON object",
        _ => "no reason was given",
    };
}
