using VllmAdapter;

internal static class Search
{
    private static readonly string[] Passages =
    [
        "Llamas graze: they eat grass, leaves and hay, about one bale a week each.",
        "Camelids drink little: most of the water that they need is in the plants around them.",
        "Llamas live in herds in the high Andes of Peru, Bolivia, Chile and Argentina.",
        "An alpaca is smaller than a llama and is kept for its soft wool.",
        "Vicunas are wild; their wool is the finest of all, and shearing them is regulated by law.",
        "A pack llama carries a quarter of its own weight for twenty kilometres a day.",
        "The Inca built more than thirty thousand kilometres of roads through the mountains.",
        "Potatoes were first grown near Lake Titicaca some eight thousand years ago.",
        "A condor glides for hours without a single beat of its wings.",
    ];

    public static async Task RunAsync(VllmInferenceAdapter embedder, VllmInferenceAdapter? writer, string question)
    {
        // <search>
        EmbeddingResult index = await embedder.EmbedAsync(Passages);             // once; keep the vectors
        EmbeddingResult asked = await embedder.EmbedAsync(question);

        var found = index.Vectors
            .Select((vector, place) => (Passage: Passages[place], Score: Dot(vector.Span, asked.Vectors[0].Span)))
            .OrderByDescending(hit => hit.Score).Take(4).ToArray();
        // </search>
        Console.WriteLine($"\nQuestion: {question}\n\nClose to it, of {index}:");
        foreach (var (passage, score) in found)
            Console.WriteLine($"  {score:0.00}  {passage}");

        // <rank>
        RerankResult ranked = await embedder.RerankAsync(new RerankRequest
        {
            Query = question,
            Documents = [.. found.Select(hit => hit.Passage)],
            TopN = 2,
            ScoreKind = ScoreKind.Cosine,        // an embedding model; a cross-encoder would give ScoreKind.Sigmoid
        });
        // </rank>
        Console.WriteLine($"\nRanked, by {ranked.ScoreKind}:");
        foreach (RankedDocument hit in ranked.Results)
            Console.WriteLine($"  {hit.Score:0.00}  {hit.Document}");

        if (writer is null)
            return;

        // <answer>
        string sources = string.Join('\n', ranked.Results.Select((hit, place) => $"[{place + 1}] {hit.Document}"));
        ChatStream answer = writer.StreamChatAsync($"Answer from these sources alone, and name them:\n{sources}\n\nQuestion: {question}");
        Console.Write("\nAnswer: ");
        await foreach (ChatChunk chunk in answer)
            Console.Write(chunk.Text);

        Console.WriteLine($"\n{answer.Outcome.Explain()}");
        // </answer>
    }

    // Embeddings are of length 1, unless UseActivation is false: this is their cosine.
    private static float Dot(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        float sum = 0;
        for (int place = 0; place < one.Length; place++)
            sum += one[place] * other[place];

        return sum;
    }
}
