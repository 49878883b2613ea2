using System.Text.Json.Serialization;

namespace VllmAdapter.Diagnostics;

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
        WithheldReason.ChoiceCut => "its choice was cut by the token limit, and whole JSON does not prove a whole call",
        WithheldReason.ChoiceNotFinished => "its choice did not finish",
        WithheldReason.StreamBroken => "the stream broke off before its end",
        WithheldReason.EndUnconfirmed => "neither the end marker nor a token count shows that no limit cut it",
        WithheldReason.NameMissing => "the server sent no name",
        WithheldReason.ArgumentsMissing => "the server sent no arguments, and nothing shows that none were meant",
        WithheldReason.ArgumentsOpen => "its arguments end in the middle of their JSON",
        WithheldReason.ArgumentsMalformed => "its arguments are not JSON",
        WithheldReason.ArgumentsNotAnObject => "its arguments are not a JSON object",
        _ => "no reason was given",
    };
}

/// <summary>Why a tool call was withheld.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WithheldReason>))]
public enum WithheldReason
{
    /// <summary>The choice was cut by the token limit, declared or proven: raise the limit and ask again. Even whole JSON proves nothing here.</summary>
    ChoiceCut = 1,

    /// <summary>The choice ended in another way than by finishing (aborted, stopped by the server or a policy): ask again.</summary>
    ChoiceNotFinished,

    /// <summary>An error, unreadable bytes, a cut or a silence broke the stream: ask again.</summary>
    StreamBroken,

    /// <summary>
    /// Neither the end marker nor a token count, held against the cap and the context window, shows that nothing was cut: ask again, without
    /// streaming.
    /// </summary>
    EndUnconfirmed,

    /// <summary>No name came (vLLM 0.8.5 and 0.11.0 with several choices): ask for one choice.</summary>
    NameMissing,

    /// <summary>No arguments came although the tool requires some, or is not declared (vLLM 0.11.0 with <c>kimi_k2</c>): ask again, without streaming.</summary>
    ArgumentsMissing,

    /// <summary>The arguments' JSON has no end (vLLM 0.8.5 with <c>hermes</c> drops a brace): ask again, without streaming.</summary>
    ArgumentsOpen,

    /// <summary>The arguments are not JSON, or more than one value: tell the model.</summary>
    ArgumentsMalformed,

    /// <summary>The arguments are JSON, but not an object: tell the model.</summary>
    ArgumentsNotAnObject,
}
