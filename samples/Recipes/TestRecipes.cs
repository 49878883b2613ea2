using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>What a test of your own code looks like, whatever its framework.</summary>
internal static class TestRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("A unit test");

        // <test>
        using var vllm = FakeVllm.InMemory(Script.Model.Says("Llamas are calm.").Finishes("length"));
        ChatAnswer answer = await vllm.CreateAdapter().CompleteChatAsync("How are llamas?");      // here, the code that you test
        answer.Must().BeLengthLimited().WithText("Llamas are calm.");
        // </test>
        Console.WriteLine("The test has passed.");
    }
}
