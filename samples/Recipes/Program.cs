// Short answers to "how do I ...?"; docs/recipes.md shows the marked parts.
return await Sample.RunAsync(args, """
    Recipes

    Runs the short programs that the pages in docs/ show, each under a heading.
    It takes no arguments, reads no environment variables and needs no server: the replies are scripted.

        dotnet run --project samples/Recipes
    """, RunAsync);

static async Task RunAsync()
{
    await ChatRecipes.RunAsync();
    await AnswerRecipes.RunAsync();
    await AgentRecipes.RunAsync();
    await ServerRecipes.RunAsync();
    await OperatorRecipes.RunAsync();
    await HostRecipes.RunAsync();
    await TextAndSpeechRecipes.RunAsync();
    await TestRecipes.RunAsync();
}
