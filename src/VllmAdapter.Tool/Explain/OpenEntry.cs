using System.Text;

namespace VllmAdapter.Tool.Explain;

/// <summary>A line of a timeline that events are still added to.</summary>
internal sealed class OpenEntry(TimelineKind kind, int? choice, Moment moment)
{
    private readonly StringBuilder _text = new();

    public TimelineKind Kind => kind;

    public int? Choice => choice;

    public TimeSpan At { get; } = moment.Evidence.Elapsed;

    public int FirstEvent { get; } = moment.Evidence.Events;

    public int LastEvent { get; private set; } = moment.Evidence.Events;

    /// <summary>How many events are in it.</summary>
    public int Events { get; private set; } = 1;

    /// <summary>The tool's name, of a call.</summary>
    public string? Name { get; set; }

    /// <summary>The server's id of a call; null if none came.</summary>
    public string? Id { get; set; }

    /// <summary>The call's place within its choice.</summary>
    public int CallIndex { get; init; }

    /// <summary>Whether output came after a finish reason.</summary>
    public bool IsFollowedByOutput { get; set; }

    /// <summary>The word of a finish reason, and what stopped the model.</summary>
    public (FinishReason Word, string? StopReason) Declared { get; init; }

    /// <summary>What was known after its last event.</summary>
    public StreamEvidence Evidence { get; private set; } = moment.Evidence;

    public string Text => _text.ToString();

    /// <summary>Whether a piece belongs to this call, by the rules that the adapter puts calls together with.</summary>
    public bool GoesOnWith(ToolCallDelta delta)
    {
        bool hasNewName = delta.Name is not null && Name is not null && delta.Name != Name;
        bool hasNewId = delta.Id is not null && Id is not null && delta.Id != Id;
        return (delta.Index is null || delta.Index == CallIndex)
            && !hasNewName
            && !(hasNewId && (delta.Name is not null || delta.Index is null));
    }

    public void Add(string text, Moment moment)
    {
        _text.Append(text);
        if (LastEvent != moment.Evidence.Events)
            Events++;
        (LastEvent, Evidence) = (moment.Evidence.Events, moment.Evidence);
    }
}
