namespace VllmAdapter.Tool.Explain;

/// <summary>Puts the events of a replay in lines: what belongs together is one line.</summary>
internal sealed class Timeline
{
    private readonly List<OpenEntry> _entries = [];
    private StreamEvidence _before = new();

    private Timeline()
    {
    }

    public static IReadOnlyList<TimelineEntry> Of(RecordedInput input, Replay replay)
    {
        var timeline = new Timeline();
        foreach (Moment moment in replay.Moments)
            timeline.Add(moment);

        // Comments after the last event belong to none.
        if (replay.Answer is { } answer && answer.Outcome.Evidence.KeepAlives > timeline._before.KeepAlives)
            timeline.Add(new Moment(answer.Outcome.Evidence));

        var proofs = new Proofs(input, replay);
        return [.. timeline._entries.Select(proofs.Of), proofs.OfTheEnd()];
    }

    private void Add(Moment moment)
    {
        StreamEvidence now = moment.Evidence;
        int before = _entries.Count;
        if (now.KeepAlives > _before.KeepAlives)
            Continue(TimelineKind.KeepAlive, choice: null, new string('.', now.KeepAlives - _before.KeepAlives), moment);

        foreach (ChatChunk chunk in moment.Chunks)
            Add(chunk, moment);

        if (now.UsageIsFinal && now.Usage is not null && (!_before.UsageIsFinal || now.Usage != _before.Usage))
            Begin(TimelineKind.Usage, choice: null, moment);
        if (now.SentinelSeen && !_before.SentinelSeen)
            Begin(TimelineKind.Sentinel, choice: null, moment).Add(now.SentinelText ?? "", moment);
        if (now.Error is not null && _before.Error is null)
            Begin(TimelineKind.Error, choice: null, moment);
        if (now.Malformation is not null && _before.Malformation is null)
            Begin(TimelineKind.Unreadable, choice: null, moment);
        if (_entries.Count == before && !_entries.Exists(entry => entry.LastEvent == now.Events))
            Continue(TimelineKind.Nothing, choice: null, "", moment);
        _before = now;
    }

    private void Add(ChatChunk chunk, Moment moment)
    {
        int choice = chunk.ChoiceIndex;
        if (chunk.Reasoning.Length + chunk.Text.Length + chunk.Refusal.Length + chunk.ToolCallDeltas.Count > 0)
            NoteOutput(choice);

        if (chunk.Reasoning.Length > 0)
            Continue(TimelineKind.Reasoning, choice, chunk.Reasoning, moment);
        if (chunk.Text.Length > 0)
            Continue(TimelineKind.Text, choice, chunk.Text, moment);
        if (chunk.Refusal.Length > 0)
            Continue(TimelineKind.Refusal, choice, chunk.Refusal, moment);
        foreach (ToolCallDelta delta in chunk.ToolCallDeltas)
            Add(delta, choice, moment);

        if (chunk.FinishReason is { } word)
        {
            var declared = new OpenEntry(TimelineKind.FinishReason, choice, moment) { Declared = (word, chunk.StopReason) };
            _entries.Add(declared);
        }
    }

    private void Add(ToolCallDelta delta, int choice, Moment moment)
    {
        OpenEntry[] calls = [.. _entries.Where(entry => entry.Kind == TimelineKind.Call && entry.Choice == choice)];
        OpenEntry? call = calls.LastOrDefault(call => call.GoesOnWith(delta));
        if (call is null)
        {
            call = new OpenEntry(TimelineKind.Call, choice, moment) { CallIndex = delta.Index ?? calls.Length };
            _entries.Add(call);
        }

        call.Name ??= delta.Name;
        call.Id ??= delta.Id;
        call.Add(delta.Arguments, moment);
    }

    // What other choices say in between does not end a line.
    private void Continue(TimelineKind kind, int? choice, string text, Moment moment)
    {
        OpenEntry? last = _entries.FindLast(entry => entry.Choice == choice || entry.Choice is null || choice is null);
        if (last?.Kind != kind || last.Choice != choice)
            last = Begin(kind, choice, moment);
        last.Add(text, moment);
    }

    // A reason that output follows is no end.
    private void NoteOutput(int choice)
    {
        foreach (OpenEntry declared in _entries.Where(entry => entry.Kind == TimelineKind.FinishReason && entry.Choice == choice))
            declared.IsFollowedByOutput = true;
    }

    private OpenEntry Begin(TimelineKind kind, int? choice, Moment moment)
    {
        var entry = new OpenEntry(kind, choice, moment);
        _entries.Add(entry);
        return entry;
    }
}
