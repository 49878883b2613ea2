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
    await ReasoningRecipes.RunAsync();
    await HistoryRecipes.RunAsync();
    await EndingRecipes.RunAsync();
    await SamplingRecipes.RunAsync();
    await AnswerRecipes.RunAsync();
    await AgentRecipes.RunAsync();
    await CallRecipes.RunAsync();
    await ServerRecipes.RunAsync();
    await OperatorRecipes.RunAsync();
    await WireRecipes.RunAsync();
    await GatewayRecipes.RunAsync();
    await HostRecipes.RunAsync();
    await RelayRecipes.RunAsync();
    await AppRecipes.RunAsync();
    await TextRecipes.RunAsync();
    await SpeechRecipes.RunAsync();
    await ResponseRecipes.RunAsync();
    await TestRecipes.RunAsync();
}
