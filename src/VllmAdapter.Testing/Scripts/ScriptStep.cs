using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>One thing that a script says or does, in the domain's words; the profile decides how it looks on the wire.</summary>
internal abstract record ScriptStep
{
    /// <summary>The choice that a delta belongs to; null for what belongs to none.</summary>
    public static int? ChoiceOf(ScriptStep step) => step switch
    {
        Role role => role.Choice,
        Say say => say.Choice,
        ReasoningPart reasoning => reasoning.Choice,
        CallPart part => part.Choice,
        Finish finish => finish.Choice,
        Counted counted => ChoiceOf(counted.Delta),
        _ => null,
    };

    public sealed record Role(int Choice) : ScriptStep;

    public sealed record Say(int Choice, string Text) : ScriptStep;

    public sealed record ReasoningPart(int Choice, string Text) : ScriptStep;

    public sealed record CallPart(int Choice, int? Index, string? Id, string? Name, string? Arguments) : ScriptStep
    {
        /// <summary>Whether "type" is there although no id is.</summary>
        public bool HasTypeAlways { get; init; }

        /// <summary>Whether no content stands beside it, not even a null.</summary>
        public bool StandsAlone { get; init; }

        /// <summary>Whether an id that is not there, and the type with it, is written as null.</summary>
        public bool HasNullId { get; init; }

        /// <summary>Whether a name that is not there is written as null.</summary>
        public bool HasNullName { get; init; }
    }

    /// <summary>The last chunk of a choice; its delta may carry the last piece of text, reasoning or arguments.</summary>
    public sealed record Finish(int Choice, string? Reason, JsonNode? StopReason = null, ScriptStep? Last = null) : ScriptStep;

    /// <summary>A delta that knows how many tokens its choice has used up with it, those that no delta told of included.</summary>
    public sealed record Counted(ScriptStep Delta, int Completion) : ScriptStep;

    public sealed record Usage(int Prompt, int Completion, int? Reasoning) : ScriptStep;

    public sealed record Failure(ServerFault? Fault) : ScriptStep;

    public sealed record Done : ScriptStep;

    public sealed record Event(string Data) : ScriptStep;

    public sealed record Comment(string Text) : ScriptStep;

    public sealed record Raw(ReadOnlyMemory<byte> Bytes) : ScriptStep;

    public sealed record Pause(TimeSpan Length) : ScriptStep;

    public sealed record Gate(Task Opens) : ScriptStep;
}

/// <summary>An error as the server words it.</summary>
/// <param name="Message">The sentence.</param>
/// <param name="Type">For example <c>BadRequestError</c>.</param>
/// <param name="Code">The status that the error claims; some gateways write it as a string.</param>
/// <param name="Param">The request field at fault.</param>
internal sealed record ServerFault(string Message, string Type, JsonNode Code, string? Param = null);
