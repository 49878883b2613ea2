// Short answers to "how do I ...?"; the pages under docs show the marked parts, and what they print.
return await Sample.RunAsync(args, """
    Recipes

    Runs the short programs that the pages in docs/ show, each under a heading.
    It takes no arguments, reads no environment variables and needs no server: the replies are scripted.

        dotnet run --project samples/Recipes
    """, RunAsync);

static async Task RunAsync()
{
    await ChatRecipes.RunAsync();
    await HistoryRecipes.RunAsync();
    await SamplingRecipes.RunAsync();
    await AnswerRecipes.RunAsync();
    await AgentRecipes.RunAsync();
    await ServerRecipes.RunAsync();
    await OperatorRecipes.RunAsync();
    await GatewayRecipes.RunAsync();
    await HostRecipes.RunAsync();
    await RelayRecipes.RunAsync();
    await AppRecipes.RunAsync();
    await TextAndSpeechRecipes.RunAsync();
    await TestRecipes.RunAsync();
}
