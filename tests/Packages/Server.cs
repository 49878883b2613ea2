// The server that the other programs ask: it prints its address, and answers until its input is closed.
using VllmAdapter.Testing;

await using FakeVllm vllm = await FakeVllm.StartAsync(
    new FakeVllmOptions { Model = "Qwen/Qwen3-8B" },
    request => request.Body.Contains("Where", StringComparison.Ordinal) || !request.Body.Contains("What is a llama?", StringComparison.Ordinal)
        ? Script.Model.Says("A llama", " lives", " in", " the", " Andes", ".")
        : Script.Model.Says("A llama", " is", " a", " calm", " pack", " animal", "."));

Console.WriteLine(vllm.Endpoint.GetLeftPart(UriPartial.Authority));
await Console.In.ReadToEndAsync();
