using System.Text;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Properties;

/// <summary>A body as another server could have written it: other line ends, a byte order mark before it, another end after it.</summary>
internal sealed record Rewritten(string LineEnd, bool HasMark, BodyEnding Ending)
{
    private static readonly string[] LineEnds = ["\n", "\r\n", "\r"];

    /// <summary>Every way of writing an event stream; only the end differs where the body is none.</summary>
    public static IReadOnlyList<Rewritten> WaysFor(SmallBody body) =>
    [
        .. from lineEnd in body.IsEvents ? LineEnds : ["\n"]
           from hasMark in body.IsEvents ? [false, true] : new[] { false }
           from ending in Enum.GetValues<BodyEnding>()
           select new Rewritten(lineEnd, hasMark, ending),
    ];

    /// <summary>The same end after the body as it is.</summary>
    public Rewritten AsIs => new("\n", HasMark: false, Ending);

    public byte[] Write(SmallBody body)
    {
        byte[] bytes = LineEnd == "\n"
            ? body.Bytes
            : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body.Bytes).Replace("\n", LineEnd, StringComparison.Ordinal));

        return HasMark ? [.. Encoding.UTF8.Preamble, .. bytes] : bytes;
    }

    public override string ToString() =>
        $"lines end in {LineEnd.Replace("\r", "CR").Replace("\n", "LF")}{(HasMark ? " after a mark" : "")}, then {Ending}";
}
