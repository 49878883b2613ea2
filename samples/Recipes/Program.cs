// Short answers to "how do I ...?"; docs/recipes.md shows the marked parts.
//   dotnet run --project samples/Recipes        scripted vLLM servers; needs nothing
await ChatRecipes.RunAsync();
await AnswerRecipes.RunAsync();
await AgentRecipes.RunAsync();
await ServerRecipes.RunAsync();
await OperatorRecipes.RunAsync();
await HostRecipes.RunAsync();
await TextAndSpeechRecipes.RunAsync();
await ResponseRecipes.RunAsync();
await TestRecipes.RunAsync();
