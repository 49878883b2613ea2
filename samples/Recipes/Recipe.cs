using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Runs recipes, each under a heading.</summary>
internal static class Recipe
{
    /// <summary>Runs a recipe against a server that gives these replies.</summary>
    public static Task ShowAsync(string title, Func<VllmInferenceAdapter, Task> recipe, params ScriptedReply[] replies) =>
        ShowAsync(title, recipe, FakeVllm.InMemory(replies));

    /// <summary>Runs a recipe against this server.</summary>
    public static async Task ShowAsync(string title, Func<VllmInferenceAdapter, Task> recipe, FakeVllm vllm)
    {
        using (vllm)
            await ShowAsync(title, () => recipe(vllm.CreateAdapter()));
    }

    /// <summary>Runs a recipe that brings its own server, or needs none.</summary>
    public static async Task ShowAsync(string title, Func<Task> recipe)
    {
        Console.WriteLine($"\n== {title}");
        await recipe();
    }
}
