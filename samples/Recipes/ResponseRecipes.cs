using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Responses and messages.</summary>
internal static class ResponseRecipes
{
    public static async Task RunAsync()
    {
        Recipe.Title("A response");
        await Response(FakeVllm.InMemory(Script.Model.Says("A llama is a camelid.")).CreateAdapter());
        Recipe.Title("Calls by responses");
        await Calls(FakeVllm.InMemory(
            Script.Calls("get_weather", """{"city": "Paris"}""").Finishes("stop").Uses(30, 12).Done(),
            Script.Says("It is mild in Paris.").Finishes("stop").Uses(50, 8).Done()).CreateAdapter());
        Recipe.Title("A response that is cut");
        await Cut(FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.V0_11 }, Script.Model.Says("A llama is a camelid that lives in the Andes.")).CreateAdapter());
    }

    private static async Task Response(VllmInferenceAdapter adapter)
    {
        // <response>
        ChatStream stream = adapter.StreamResponseAsync(new ResponseRequest
        {
            Instructions = "Answer in one sentence.",
            Input = [VllmMessage.User("What is a llama?")],
            MaxOutputTokens = 200,
        });
        await foreach (ChatChunk chunk in stream)
            Console.Write(chunk.Text);

        Console.WriteLine(stream.Outcome.Explain());
        // </response>
    }

    private static async Task Calls(VllmInferenceAdapter adapter)
    {
        // <calls>
        var weather = new ToolDefinition("get_weather", "Weather of a city.", """{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}""");
        ResponseRequest request = ResponseRequest.FromPrompt("What is the weather in Paris?") with { Tools = [weather] };
        ChatAnswer turn = await adapter.CompleteResponseAsync(request);
        ToolMessage[] results = [.. turn.ToolCalls.Select(call => VllmMessage.Tool(call.Id, "mild"))];     // only calls that are shown whole
        ChatAnswer answer = await adapter.CompleteResponseAsync(request.With(turn, results));
        // </calls>
        Console.WriteLine(answer.Text);
    }

    private static async Task Cut(VllmInferenceAdapter adapter)
    {
        // <cut>
        ChatAnswer answer = await adapter.CompleteResponseAsync(ResponseRequest.FromPrompt("What is a llama?") with { MaxOutputTokens = 4 });
        Console.WriteLine($"{answer.FinishReason}, but {answer.Outcome.Verdict}");     // vLLM 0.11.0: "completed, but LengthLimited"
        // </cut>
    }
}
