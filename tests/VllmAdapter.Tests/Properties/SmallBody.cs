using System.Text;
using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Properties;

/// <summary>The body of a reply, small enough to be split everywhere, and what belongs to it.</summary>
internal sealed record SmallBody(string Name, byte[] Bytes)
{
    private const int Largest = 3_000;
    private const string Chunk = "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"é🙂\"}}]}\n\n";
    private const string Stop = "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" end\"},\"finish_reason\":\"length\"}]}\n\n";
    private const string Done = "data: [DONE]\n\n";

    public int Status { get; init; } = 200;

    public string? ContentType { get; init; } = "text/event-stream";

    public ChatRequest Request { get; init; } = ChatRequest.FromPrompt("Hello.");

    /// <summary>Whether it is an event stream, whose lines may end in other ways and which may begin with a byte order mark.</summary>
    public bool IsEvents { get; init; } = true;

    /// <summary>What servers and gateways write that no recording holds; each was once read otherwise in other pieces, or is a neighbour of one that was.</summary>
    public static IReadOnlyList<SmallBody> Odd { get; } =
    [
        Of("a bare error after a chunk, over several lines", Chunk + "{\n\"error\":\"x\"}\n" + Done),
        Of("a bare error after a chunk, on one line", Chunk + "{\"error\":\"x\"}\n" + Done),
        Of("a bare error with a code, first of all", "{\n\"error\":{\"message\":\"x\",\n\"code\":503}}\n" + Done),
        Of("a bare error and nothing else", "{\"error\":\n{\"message\":\"x\",\"code\":500}}\n"),
        Of("two bare errors", Chunk + "{\"error\":\"x\"}\n{\"error\":\"y\"}\n"),
        Of("an error event", Chunk + "event: error\ndata: {\"error\":{\"message\":\"x\",\"code\":500}}\n\n" + Done),
        Of("an error in a field of its own", Chunk + "error: {\"code\":500,\"message\":\"x\"}\n\n" + Done),
        Of("a proxy's own words after a chunk", Chunk + "Something went wrong.\n"),
        Of("a page after a chunk", Chunk + "<html>\n<body>502 Bad Gateway</body>\n</html>\n"),
        Of("a bare chunk a line", "{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n{\"id\":\"1\",\"choices\":[]}\n"),
        Of("data over two lines", "data: {\"id\":\"1\",\"choices\":\ndata: [{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n" + Stop + Done),
        Of("other fields around the data", ": hello\n\nevent: message\nid: 7\nretry: 10\n" + Chunk + ": ping\n\n" + Stop + Done),
        Of("no space after the colon, and a field without one", "data\n\n" + Chunk.Replace("data: ", "data:", StringComparison.Ordinal) + Stop + Done),
        Of("no blank line after the last event", Chunk + Stop.TrimEnd('\n')),
        Of("no blank line after the sentinel", Chunk + Stop + Done.TrimEnd('\n')),
        Of("no sentinel", Chunk + Stop),
        Of("an error glued into an open event", Chunk + "data: {\"id\":\"1\",\"cho\ndata: {\"error\":\"x\"}\n\n"),
        Of("events behind the sentinel", Chunk + Stop + Done + ": bye\n\n" + Chunk),
        Of("blank lines only", "\n\n\n"),
    ];

    public static SmallBody Find(string name) => Odd.FirstOrDefault(body => body.Name == name) ?? Of(Recording.At(name));

    // Only the wire keeps times and content encodings.
    public static bool Is(Recording recording) => recording.Kind is not null
        && recording.Body.Length is > 1 and <= Largest
        && !recording.IsTimed
        && !recording.Exchange.Response.Headers.Any(header => header.Key.Equals("content-encoding", StringComparison.OrdinalIgnoreCase));

    private static SmallBody Of(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));

    private static SmallBody Of(Recording recording) => new(recording.Path, recording.Body)
    {
        Status = recording.Exchange.Response.Status,
        ContentType = CannedServer.ContentTypeOf(recording),
        Request = recording.PlainRequest() with { ChoiceCount = RequestEvidence(recording) },
        IsEvents = recording.IsStream && recording.Body.AsSpan().IndexOf("data: "u8) >= 0,
    };

    private static int? RequestEvidence(Recording recording) =>
        recording.Exchange.Request.Body?["n"]?.GetValue<int>() is int choices and > 1 and < 10 ? choices : null;
}
