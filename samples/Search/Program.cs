// A small semantic search: embeds passages and a question, ranks what lies close, and answers from what was found.
using VllmAdapter;

return await Sample.RunAsync(args, """
    Search [EMBEDDINGS [CHAT [QUESTION]]]

    A small semantic search: embeds passages and a question, ranks the closest passages, and answers from them.
    Without arguments it asks a scripted vLLM and needs no server. EMBEDDINGS is the address of a server with an embedding model,
    CHAT that of one with a chat model, which writes the answer. VLLM_API_KEY holds their key, if they want one.

        dotnet run --project samples/Search http://gpu:8001 http://gpu:8000 "What do llamas eat?"
    """, RunAsync, values: 3);

async Task RunAsync()
{
    string question = args.ElementAtOrDefault(2) ?? "What do llamas eat?";
    if (args is [var embeddings, ..])
    {
        var options = new VllmAdapterOptions { ApiKey = Sample.ApiKey };
        var embedder = new VllmInferenceAdapter(embeddings, options);
        await Search.RunAsync(embedder, args.ElementAtOrDefault(1) is { } chat ? new VllmInferenceAdapter(chat, options) : null, question);
        return;
    }

    await using FakeSearchServer server = await FakeSearchServer.StartAsync();
    Console.WriteLine($"A scripted vLLM answers at {server.Endpoint}");
    await Search.RunAsync(server.NewAdapter(), server.NewAdapter(), question);
    await EmbeddingRecipes.RunAsync();
    await RankingRecipes.RunAsync();
    await LabelRecipes.RunAsync();
}
