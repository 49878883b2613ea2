using System.Text.Json.Nodes;
using VllmAdapter;
using VllmAdapter.Testing;

namespace StreamDoctor;

/// <summary>Short questions, one for each way in which servers are known to end a stream differently.</summary>
internal static class Exam
{
    private static readonly ToolDefinition RollDice = new("roll_dice", "Rolls a dice.");

    private static readonly ToolDefinition GetWeather = new(
        "get_weather", "Tells the weather.", """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""");

    public static IReadOnlyList<(string Title, ChatRequest Question)> Questions { get; } =
    [
        ("a short answer", Ask("Say hello.", maxTokens: 200)),
        ("an answer cut by max tokens", Ask("Count to one hundred.", maxTokens: 5)),
        ("a tool call without arguments", Ask("Roll the dice.", maxTokens: 300) with { Tools = [RollDice] }),
        ("a tool call with arguments", Ask("What is the weather in Paris?", maxTokens: 300) with { Tools = [GetWeather] }),
        ("a tool call that is required", Ask("Hello.", maxTokens: 300) with { Tools = [GetWeather], ToolChoice = ToolChoice.Required }),
        ("a tool call cut by max tokens", Ask("What is the weather in Paris?", maxTokens: 12) with { Tools = [GetWeather] }),
        ("two answers at once", Ask("Say hello.", maxTokens: 50) with { ChoiceCount = 2 }),
        ("an answer that is not streamed", Ask("Say hello.", maxTokens: 200) with { Stream = false }),
    ];

    /// <summary>The question of a recorded exchange, field by field.</summary>
    public static ChatRequest Again(RecordedExchange exchange)
    {
        JsonObject body = exchange.Request.Body?.AsObject() ?? [];
        bool isStreamed = body["stream"]?.GetValue<bool>() ?? false;
        return new ChatRequest { Messages = [], Extra = body, Stream = isStreamed };
    }

    private static ChatRequest Ask(string question, int maxTokens) => ChatRequest.FromPrompt(question) with { MaxTokens = maxTokens };
}
