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
        OpenCall? open = delta.Index is { } index ? _calls.FindLast(call => call.Index == index) : OpenCallWithoutIndex(delta);
        if (open is not null && !StartsAnother(open, delta))
            return open;

        var started = new OpenCall(delta.Index ?? _calls.Count);
        _calls.Add(started);
        return started;
    }

    // Some gateways send index 0 for all calls, or none: a new id, or else a new name, starts a call. vLLM 0.8.5 with a named
    // tool choice repeats the same name in every delta and sends no id: that is one call, and the name is set, not appended.
    private static bool StartsAnother(OpenCall open, ToolCallDelta delta) => delta switch
    {
        { Id: { } id } when open.Id is { } known => !string.Equals(id, known, StringComparison.Ordinal),
        { Name: { } name } when open.Name is { } known => !string.Equals(name, known, StringComparison.Ordinal),
        _ => false,
    };

    private OpenCall? OpenCallWithoutIndex(ToolCallDelta delta) => delta.Id is { } id
        ? _calls.FindLast(call => string.Equals(call.Id, id, StringComparison.Ordinal)) ?? NamelessLast()
        : _calls.LastOrDefault();

    private OpenCall? NamelessLast() => _calls.LastOrDefault() is { Id: null } last ? last : null;

    private sealed class OpenCall(int index)
    {
        public int Index { get; } = index;

        public string? Id { get; set; }

        public string? Name { get; set; }

        public StringBuilder Arguments { get; } = new();
    }
}
