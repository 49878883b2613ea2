using System.Text;

namespace VllmAdapter;

/// <summary>Puts the pieces of one choice's tool calls together. Nothing is final before the stream's end: a parsable prefix is not the whole.</summary>
internal sealed class ToolCallAssembler
{
    private readonly List<OpenCall> _calls = [];
    private readonly Dictionary<int, OpenCall> _lastByIndex = [];
    private readonly Dictionary<(int Index, string Id), OpenCall> _byIndexAndId = [];
    private readonly Dictionary<string, OpenCall> _byId = new(StringComparer.Ordinal);

    /// <summary>Adds the pieces that a chunk carries.</summary>
    public void Add(ChatChunk chunk)
    {
        if (chunk.OnlyCall is { } one)
        {
            Add(one);
            return;
        }

        foreach (ToolCallDelta delta in chunk.ToolCallDeltas)
            Add(delta);
    }

    public void Add(ToolCallDelta delta)
    {
        OpenCall call = OpenCallOf(delta) ?? Start(delta);
        call.Name ??= delta.Name;
        call.Arguments.Append(delta.Arguments);
        if (call.Id is null && delta.Id is { } id)
            Identify(call, id);
    }

    public IReadOnlyList<ToolCallEvidence> Assemble() =>
        [.. _calls.Select(call => new ToolCallEvidence { Id = call.Id, Name = call.Name, Arguments = call.Arguments.ToString() })];

    private OpenCall Start(ToolCallDelta delta)
    {
        var started = new OpenCall(delta.Index ?? _calls.Count);
        _calls.Add(started);
        _lastByIndex[started.Index] = started;
        return started;
    }

    private void Identify(OpenCall call, string id)
    {
        call.Id = id;
        _byIndexAndId[(call.Index, id)] = call;
        _byId[id] = call;
    }

    // The call that a piece goes on with: the one with its id, else the last one at its index; without an index, the last of all.
    private OpenCall? OpenCallOf(ToolCallDelta delta)
    {
        OpenCall? open;
        if (delta.Index is { } index)
            open = (delta.Id is { } id ? _byIndexAndId.GetValueOrDefault((index, id)) : null) ?? _lastByIndex.GetValueOrDefault(index);
        else
            open = (delta.Id is { } id ? _byId.GetValueOrDefault(id) : null) ?? _calls.LastOrDefault();

        return open is not null && !StartsAnother(open, delta) ? open : null;
    }

    // Some gateways send index 0 for all calls, or none, some one id for all: a new name starts a call, and so does a new id that comes
    // with a name. A new id without a name at a known index goes on with the call (poolsideai/pool#9 changes it on every piece). vLLM
    // 0.8.5 with a named tool choice repeats the same name in every delta and sends no id: that is one call, and the name is set, not
    // appended.
    private static bool StartsAnother(OpenCall open, ToolCallDelta delta)
    {
        bool hasNewName = delta.Name is { } name && open.Name is { } known && !string.Equals(name, known, StringComparison.Ordinal);
        bool hasNewId = delta.Id is { } id && open.Id is { } knownId && !string.Equals(id, knownId, StringComparison.Ordinal);
        return hasNewName || (hasNewId && (delta.Name is not null || delta.Index is null));
    }

    private sealed class OpenCall(int index)
    {
        public int Index { get; } = index;

        public string? Id { get; set; }

        public string? Name { get; set; }

        public StringBuilder Arguments { get; } = new();
    }
}
