// Short answers to "how do I ...?"; the pages under docs show the marked parts, and what they print.
//   dotnet run --project samples/Recipes        scripted vLLM servers; needs nothing
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
