// The server that the other programs ask: it prints its address, and answers until its input is closed.
using VllmAdapter.Testing;

await using FakeVllm vllm = await FakeVllm.StartAsync(
    new FakeVllmOptions { Model = "Qwen/Qwen3-8B" }, Script.Model.Says("A llama", " lives", " in", " the", " Andes", "."));

Console.WriteLine(vllm.Endpoint.GetLeftPart(UriPartial.Authority));
await Console.In.ReadToEndAsync();
