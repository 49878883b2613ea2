using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Answers of which only certain forms are good.</summary>
internal static class AnswerRecipes
{
    public static async Task RunAsync()
    {
        await Recipe.ShowAsync("An answer of a type", Typed,
            Script.Model.Says("""{"name":"Soup","course":"Starter","ingredients":["water","salt"],"minutes":20}"""));
        await Recipe.ShowAsync("One of a few words", adapter => OneOf(adapter, "You have won!"), Script.Model.Says("spam"));
    }

    private static async Task Typed(VllmInferenceAdapter adapter)
    {
        // <typed>
        var request = ChatRequest.FromPrompt("A soup, please.") with { Output = StructuredOutput.JsonSchema<Dish>("dish") };
        Dish dish = (await adapter.CompleteChatAsync(request)).TextAs<Dish>();     // throws for half an answer, even one that parses
        // </typed>
        Console.WriteLine($"{dish.Name}: {dish.Course}, {string.Join(" and ", dish.Ingredients)}");
    }

    private static async Task OneOf(VllmInferenceAdapter adapter, string mail)
    {
        // <one-of>
        StructuredOutput kinds = StructuredOutput.OneOf("spam", "personal", "work");
        ChatAnswer kind = await adapter.CompleteChatAsync(ChatRequest.FromPrompt($"What is this mail?\n{mail}") with { Output = kinds });
        Console.WriteLine(kind.Text);
        // </one-of>
    }
}

// <types>
internal sealed record Dish(string Name, Course Course, IReadOnlyList<string> Ingredients, int? Minutes = null);
internal enum Course { Starter = 1, Main, Dessert }
// </types>
