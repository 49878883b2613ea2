using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization;
using VllmAdapter;
using VllmAdapter.Agents;

namespace Playground;

/// <summary>What happens in a run, as events for the page: text, thought, progress, call, result, told, turn, end and refused, each with JSON.</summary>
internal sealed class PageEvents(Visitor visitor)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
    private int _chunks;

    /// <summary>The event that carries why a question was not answered.</summary>
    public const string RefusedEvent = "refused";

    public static SseItem<string> Refused(string message) => Event(RefusedEvent, message);

    public IEnumerable<SseItem<string>> Of(ToolLoopEvent step) => step switch
    {
        ChunkReceived received => OfChunk(received.Chunk),
        CallsReady ready => ready.Calls.Select(call => Event("call", new { call.Name, call.Arguments })),
        CallFinished finished => [Event("result", new { finished.Call.Name, finished.Content, finished.WasRun })],
        CorrectionSent told => [Event("told", told.Text)],
        TurnEnded turn => [Event("turn", Turn.Of(turn.Outcome, turn.IsAskedAgain, visitor.Budget))],
        RunEnded ended => [OfEnd(ended.Result)],
        _ => [],
    };

    private IEnumerable<SseItem<string>> OfChunk(ChatChunk chunk)
    {
        if (chunk.Reasoning.Length > 0)
            yield return Event("thought", chunk.Reasoning);

        if (chunk.Text.Length > 0)
            yield return Event("text", chunk.Text);

        yield return Event("progress", new { chunks = ++_chunks, tokens = chunk.Usage?.CompletionTokens, finishReason = chunk.FinishReason?.Value });
    }

    // The conversation goes on from here, whatever came of this run.
    private SseItem<string> OfEnd(ToolLoopResult result)
    {
        visitor.Conversation = result.Request;
        return result.Failure is VllmRequestException refused
            ? Refused(refused.Message)
            : Event("end", new { result.Verdict, result.IsAnswered, Explanation = result.Explain() });
    }

    private static SseItem<string> Event<T>(string name, T value) => new(JsonSerializer.Serialize(value, Json), name);
}
