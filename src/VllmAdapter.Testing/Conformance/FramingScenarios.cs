using static VllmAdapter.Testing.ScenarioRows;

namespace VllmAdapter.Testing;

/// <summary>The framing of events and the encoding of text.</summary>
internal static class FramingScenarios
{
    private const string Chunk = """{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Hello."},"finish_reason":null}]}""";
    private const string Stop = """{"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";
    private const string Rest = $"data: {Stop}\n\ndata: [DONE]\n\n";
    private static readonly ScriptedReply Hello = Script.Says("Hel", "lo.").Finishes("stop").Uses(10, 3).Done();
    private static readonly ExpectedEnd Whole = Ends.Completed("Hello.");

    public static IReadOnlyList<Scenario> Rows { get; } =
    [
        Text("line ends CR LF", "eventsource-parser#17, vercel/ai#6200", Hello.WithLineEnds("\r\n"), Whole),
        Text("line ends CR", "HTML standard", Hello.WithLineEnds("\r"), Whole),
        Text("line ends CR LF, a byte at a time", "ccs#1359, praxis#739", Hello.WithLineEnds("\r\n").InPiecesOf(1), Whole),
        Text("characters of several bytes, a byte at a time", "praxis#739", Script.Says("Grüße, ", "你好 🙂").Finishes("stop").Done().InPiecesOf(1), Ends.Completed("Grüße, 你好 🙂")),
        Text("everything in one piece", "nginx", Hello.InOnePiece(), Whole),
        Text("no space after the colon", "praxis#739, inference-perf#781", Script.Sends($"data:{Chunk}\n\ndata:{Stop}\n\ndata:[DONE]\n\n"), Whole),
        Text("spaces around the sentinel", "inference-perf#781", Script.Sends($"data: {Chunk}\n\ndata: {Stop}\n\ndata:  [DONE] \n\n"), Whole),
        Text("an event over several data lines", "flue#215, go-openai", Script.Event(Chunk.Replace(",\"delta\"", ",\n\"delta\"", StringComparison.Ordinal)).Event(Stop).Done(), Whole),
        Text("a byte order mark", "ANOLISA#2209, openai-python", Script.Sends($"\uFEFFdata: {Chunk}\n\n{Rest}"), Whole),
        Text("line separators of Unicode inside text", "httpx-sse#34, codex-lb#1011", Script.Says("a\u2028b\u2029c\u0085d").Finishes("stop").Done(), Ends.Completed("a\u2028b\u2029c\u0085d")),
        Text("bytes that are not UTF-8", "openai-python", Script.Sends("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello").Sends(new byte[] { 0xFF }).Sends($"\"}}}}]}}\n\n{Rest}"), Ends.Completed("Hello\uFFFD").Notes(OutcomeNoteKind.LossyText)),
        Text("a surrogate pair in two halves", "vllm detokenizer", Script.Event(Chunk.Replace("Hello.", "Hello \\ud83d", StringComparison.Ordinal)).Event(Chunk.Replace("Hello.", "\\ude42", StringComparison.Ordinal)).Event(Stop).Done(), Ends.Completed("Hello 🙂")),
        Text("a NUL inside JSON", "RFC 8259", Script.Sends($"data: {Chunk.Replace("Hello.", "He\0llo", StringComparison.Ordinal)}\n\n{Rest}"), Ends.Malformed()),
        Text("a NUL in an event's id", "HTML standard", Script.Sends($"id: 7\0\ndata: {Chunk}\n\n{Rest}"), Whole),
        Text("comments between events", "otari#528, async-openai", Script.KeepsAlive("OPENROUTER PROCESSING").Says("Hel").KeepsAlive().Says("lo.").Finishes("stop").Done(), Whole),
        Text("an event named keepalive", "async-openai", Script.Sends($"event: keepalive\ndata: {{}}\n\ndata: {Chunk}\n\n{Rest}"), Whole),
        Text("events without data", "HTML standard", Script.Sends($"event: ping\n\ndata:\n\ndata: {Chunk}\n\n{Rest}"), Whole),
        Text("ids and retry times", "HTML standard", Script.Sends($"id: 1\nretry: 3000\ndata: {Chunk}\n\n{Rest}"), Whole),
        Text("events glued together without a blank line", "miruamel#194", Script.Sends($"data: {Chunk}\ndata: {Stop}\ndata: [DONE]\n\n"), Whole),
        Text("two objects in one event", "miruamel#194", Script.Event(Chunk + Stop).Done(), Whole),
        Text("no content type", "RFC 9110", Hello.WithContentType(null), Whole),
        Text("a line that is too long", "openai-go, SseParser", Script.Says("Hello.").Says(new string('a', 100_000)).Finishes("stop").Done(), Ends.Malformed("Hello.")) with { Configure = static options => options.MaxEventBytes = 50_000 },
    ];
}
