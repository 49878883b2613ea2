using System.Text;

namespace VllmAdapter.Tests.Wire;

/// <summary>Reads events given as text, as one stream.</summary>
internal sealed class Reading
{
    public ChunkReader Reader { get; } = new();

    public static Reading Of(string json) => new Reading().Then(json);

    public static Reading OfChoice(string fields) => Of($$"""{"choices": [{{{fields}}}]}""");

    public static Reading OfDelta(string fields) => OfChoice($$"""  "delta": {{{fields}}} """);

    public static Reading OfCall(string fields) => OfDelta($$"""  "tool_calls": [{{{fields}}}] """);

    public ChatChunk Chunk => Reader.Chunks.Should().ContainSingle().Subject;

    public ToolCallDelta Call => Chunk.ToolCallDeltas.Should().ContainSingle().Subject;

    public Reading Then(string json)
    {
        Reader.Read(Encoding.UTF8.GetBytes(json));
        return this;
    }
}
