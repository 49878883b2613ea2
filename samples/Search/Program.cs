// A small semantic search: embeds passages and a question, ranks what lies close, and answers from what was found.
//   dotnet run --project samples/Search                                                       a scripted vLLM; needs nothing
//   dotnet run --project samples/Search http://gpu:8001                                       an embedding model: search and rank
//   dotnet run --project samples/Search http://gpu:8001 http://gpu:8000 "What do llamas eat?" and a model that writes, which answers
using VllmAdapter;

string question = args.ElementAtOrDefault(2) ?? "What do llamas eat?";
if (args is [var embeddings, ..])
{
    await Search.RunAsync(new VllmInferenceAdapter(embeddings), args.ElementAtOrDefault(1) is { } chat ? new VllmInferenceAdapter(chat) : null, question);
    return;
}

await using FakeSearchServer server = await FakeSearchServer.StartAsync();
Console.WriteLine($"A scripted vLLM answers at {server.Endpoint}");
await Search.RunAsync(server.NewAdapter(), server.NewAdapter(), question);
await SearchRecipes.RunAsync();
