// Short answers to "how do I ...?"; docs/recipes.md shows the marked parts.
//   dotnet run --project samples/Recipes        scripted vLLM servers; needs nothing
using System.ComponentModel;
using VllmAdapter;
using VllmAdapter.Agents;
using VllmAdapter.Server;
using VllmAdapter.Testing;

await TypedAnswer(Answering("""{"name":"Ada Lovelace","born":1815}"""));
await Picture(Answering("A llama."));
await Thoughts(FakeVllm.InMemory(Script.Model.Reasons("6 x 7.").Says("42.")).CreateAdapter());
await SeveralAnswers(Answering("Tina."));
await Tools(FakeVllm.InMemory(
    Script.Model.Calls("get_weather", """{"city":"Paris","unit":"Celsius"}"""), Script.Model.Says("20 degrees.")).CreateAdapter());
await Preview(Answering(string.Concat(Enumerable.Repeat("Llamas are calm. ", 20))));
await Turns(Answering("They are calm."));
await Plan(FakeVllm.InMemory(new FakeVllmOptions { ContextWindow = 60 }).CreateAdapter());

static VllmInferenceAdapter Answering(string text) => FakeVllm.InMemory(Script.Model.Says(text)).CreateAdapter();

static async Task TypedAnswer(VllmInferenceAdapter adapter)
{
    // <typed>
    ChatAnswer answer = await adapter.CompleteChatAsync(ChatRequest.FromPrompt("Who wrote the first program?") with
    {
        Output = StructuredOutput.JsonSchema<Person>("person"),
    });
    Person person = answer.TextAs<Person>();      // throws for half an answer, even one that parses
    // </typed>
    Console.WriteLine(person);
}

static async Task Picture(VllmInferenceAdapter adapter)
{
    ReadOnlyMemory<byte> png = new byte[] { 0x89, 0x50, 0x4E, 0x47 };

    // <image>
    var request = new ChatRequest { Messages = [VllmMessage.User("What is this?", ContentPart.Image(png, "image/png"))] };
    // </image>
    Console.WriteLine(await adapter.CompleteChatAsync(request));
}

static async Task Thoughts(VllmInferenceAdapter adapter)
{
    // <reasoning>
    ChatRequest request = ChatRequest.FromPrompt("What is 6 x 7?") with { Reasoning = new ReasoningSettings { Effort = ReasoningLevel.Low } };
    await foreach (ChatChunk chunk in adapter.StreamChatAsync(request))
        Console.Write(chunk.Reasoning.Length > 0 ? $"[{chunk.Reasoning}]" : chunk.Text);
    // </reasoning>
    Console.WriteLine();
}

static async Task SeveralAnswers(VllmInferenceAdapter adapter)
{
    // <choices>
    ChatAnswer answer = await adapter.CompleteChatAsync(ChatRequest.FromPrompt("A name for a llama?") with
    {
        ChoiceCount = 2,
        Sampling = new SamplingOptions { Temperature = 1.2 },
        Logprobs = new LogprobOptions { TopLogprobs = 3 },
    });
    foreach (ChatChoice choice in answer.Choices)
        Console.WriteLine($"{choice.Index}: {choice.Text} {choice.Logprobs?.Sum(token => token.Logprob):0.00}");
    // </choices>
}

static async Task Tools(VllmInferenceAdapter adapter)
{
    // <tools>
    Tool[] tools =
    [
        Tool.From("get_weather", "The weather of a city.",
            async ([Description("Such as Paris")] string city, Unit unit, int days = 1, CancellationToken cancellationToken = default) =>
                await Weather.OfAsync(city, unit, days, cancellationToken)),
        Tool.From("get_time", "The time.", () => "12:00"),
    ];
    ToolLoopResult result = await new ToolLoop(adapter, tools).CompleteAsync(ChatRequest.FromPrompt("How warm is it in Paris?"));
    Console.WriteLine(result.Verdict == ToolLoopVerdict.Answered ? result.Text : result.Explain());
    // </tools>
}

static async Task Preview(VllmInferenceAdapter adapter)
{
    // <preview>
    ChatRequest request = ChatRequest.FromPrompt("Tell me about llamas.") with
    {
        Termination = Termination.FirstOf(Termination.Default, new EnoughForAPreview(characters: 40)),
    };
    ChatAnswer answer = await adapter.CompleteChatAsync(request);      // StoppedByPolicy does not throw: what came is good
    // </preview>
    Console.WriteLine(answer.Outcome.Explain());
}

static async Task Turns(VllmInferenceAdapter adapter)
{
    // <budget>
    var budget = new TokenBudget(new BudgetLimits { Total = 5_000, Turns = 3 });
    ChatRequest request = ChatRequest.FromPrompt("How are llamas?");
    while (budget.Check().State != BudgetState.Exhausted)
    {
        ChatAnswer turn = await adapter.CompleteChatAsync(request);
        budget.Record(turn.Outcome);
        request = request.With(turn).With(VllmMessage.User("And else?"));
    }

    Console.WriteLine(budget.Check().Explain());
    // </budget>
}

static async Task Plan(VllmInferenceAdapter adapter)
{
    // <plan>
    RequestPlan plan = await adapter.Server.PlanAsync(ChatRequest.FromPrompt("Tell me about llamas.") with { MaxTokens = 200 });
    Console.WriteLine(plan.Explain());
    if (plan.Fitted is { } fitted)                     // the request with max tokens that fit beside its prompt
        await adapter.CompleteChatAsync(fitted);
    // </plan>
}

internal sealed record Person(string Name, int Born);

internal enum Unit
{
    Celsius = 1,
    Fahrenheit,
}

internal static class Weather
{
    public static Task<string> OfAsync(string city, Unit unit, int days, CancellationToken cancellationToken) =>
        Task.FromResult($"20 degrees {unit} in {city} for {days} days").WaitAsync(cancellationToken);
}
