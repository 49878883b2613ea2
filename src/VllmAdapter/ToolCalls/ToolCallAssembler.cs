using System.Text;

namespace VllmAdapter;

/// <summary>Puts the pieces of one choice's tool calls together. Nothing is final before the stream's end: a parsable prefix is not the whole.</summary>
internal sealed class ToolCallAssembler
{
    private readonly List<OpenCall> _calls = [];

    public void Add(ToolCallDelta delta)
    {
        OpenCall call = CallOf(delta);
        call.Id ??= delta.Id;
        call.Name ??= delta.Name;
        call.Arguments.Append(delta.Arguments);
    }

    public IReadOnlyList<AssembledToolCall> Assemble() =>
        [.. _calls.Select(call => new AssembledToolCall { Id = call.Id, Name = call.Name, Arguments = call.Arguments.ToString() })];

    private OpenCall CallOf(ToolCallDelta delta)
    {
        if (OpenCallOf(delta) is { } open)
            return open;

        var started = new OpenCall(delta.Index ?? _calls.Count);
        _calls.Add(started);
        return started;
    }

    // Some gateways send index 0 for all calls, or none: a new id, or else a new name, starts a call. vLLM 0.8.5 with a named
    // tool choice repeats the same name in every delta and sends no id: that is one call, and the name is set, not appended.
    private OpenCall? OpenCallOf(ToolCallDelta delta)
    {
        OpenCall? last = null;
        for (int i = _calls.Count - 1; i >= 0; i--)
        {
            OpenCall call = _calls[i];
            if (delta.Index is { } index && index != call.Index)
                continue;

            if (delta.Id is { } id && string.Equals(id, call.Id, StringComparison.Ordinal))
                return call;

            last ??= call;
        }

        return last is not null && !StartsAnother(last, delta) ? last : null;
    }

    private static bool StartsAnother(OpenCall last, ToolCallDelta delta) =>
        (delta.Id is not null && last.Id is not null)
        || (delta.Name is { } name && last.Name is { } known && !string.Equals(name, known, StringComparison.Ordinal));

    private sealed class OpenCall(int index)
    {
        public int Index { get; } = index;

        public string? Id { get; set; }

        public string? Name { get; set; }

        public StringBuilder Arguments { get; } = new();
    }
}
