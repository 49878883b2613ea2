using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Answers of which only certain forms are good.</summary>
internal static class AnswerRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("An answer of a type");
        await Typed(FakeVllm.InMemory(
            Script.Model.Says("""{"name":"Soup","course":"Starter","ingredients":["water","salt"],"minutes":20}""")).CreateAdapter());
        Recipe.Title("A typed answer that is cut");
        await Half(FakeVllm.InMemory(
            Script.Model.Says("""{"name":"Soup",""", "\"course\":\"Starter\",", "\"ingredients\":[\"water\",", "\"salt\"]}")).CreateAdapter());
        Recipe.Title("Typed answers to many prompts");
        await Many(FakeVllm.InMemory(Script.Model.Says("""{"name":"Soup","course":"Starter","ingredients":["water"]}""")).CreateAdapter(), ["A soup, please.", "A starter, please."]);
        Recipe.Title("One of a few words");
        await OneOf(FakeVllm.InMemory(Script.Model.Says("spam")).CreateAdapter(), "You have won!");
        Recipe.Title("By a regular expression");
        await Pattern(FakeVllm.InMemory(Script.Model.Says("2026-11-26")).CreateAdapter());
    }

    private static async Task Typed(VllmInferenceAdapter adapter)
    {
        // <typed>
        var request = ChatRequest.FromPrompt("A soup, please.") with { Output = StructuredOutput.JsonSchema<Dish>("dish") };
        Dish dish = (await adapter.CompleteChatAsync(request)).TextAs<Dish>();     // throws for half an answer, even one that parses
        // </typed>
        Console.WriteLine($"{dish.Name}: {dish.Course}, {string.Join(" and ", dish.Ingredients)}");
    }

    private static async Task Many(VllmInferenceAdapter adapter, string[] prompts)
    {
        // <typed-many>
        StructuredOutput shape = StructuredOutput.JsonSchema<Dish>("dish");
        IEnumerable<ChatRequest> requests = prompts.Select(prompt => ChatRequest.FromPrompt(prompt) with { Output = shape });
        await foreach (ChatResult result in adapter.CompleteManyAsync(requests, maxParallel: 32))
        {
            if (result is { Failure: null, Answer.Outcome.IsComplete: true })
                Console.WriteLine(result.Answer.TextAs<Dish>().Name);
            else
                Console.WriteLine($"{prompts[result.Index]} {result.Failure?.Message ?? result.Answer!.Outcome.Explain()}");     // broken, refused; or cut
        }
        // </typed-many>
    }

    private static async Task Half(VllmInferenceAdapter adapter)
    {
        // <half>
        var request = ChatRequest.FromPrompt("A soup, please.") with { Output = StructuredOutput.JsonSchema<Dish>("dish"), MaxTokens = 3 };
        ChatAnswer answer = await adapter.CompleteChatAsync(request);
        try
        {
            Console.WriteLine(answer.TextAs<Dish>().Name);
        }
        catch (IncompleteStreamException half)
        {
            Console.WriteLine(half.Message);
        }
        // </half>
    }

    private static async Task OneOf(VllmInferenceAdapter adapter, string mail)
    {
        // <one-of>
        StructuredOutput kinds = StructuredOutput.OneOf("spam", "personal", "work");
        ChatAnswer kind = await adapter.CompleteChatAsync(ChatRequest.FromPrompt($"What is this mail?\n{mail}") with { Output = kinds });
        Console.WriteLine(kind.Text);
        // </one-of>
    }

    private static async Task Pattern(VllmInferenceAdapter adapter)
    {
        // <regex>
        var request = ChatRequest.FromPrompt("When is the fair?") with { Output = StructuredOutput.Regex(@"\d{4}-\d{2}-\d{2}") };
        DateOnly day = DateOnly.ParseExact((await adapter.CompleteChatAsync(request)).Text, "yyyy-MM-dd");
        // </regex>
        Console.WriteLine(day.DayOfWeek);
    }
}

// <types>
internal sealed record Dish(string Name, Course Course, IReadOnlyList<string> Ingredients, int? Minutes = null);
internal enum Course { Starter = 1, Main, Dessert }
// </types>
