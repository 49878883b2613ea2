namespace VllmAdapter.Tool.Check;

/// <summary>A server with the faults of vLLM 0.8.5, and a parser of markup that is not the model's: something to be found.</summary>
internal static class DemoServer
{
    public static FakeVllm Create() => FakeVllm.InMemory(
        new FakeVllmOptions { Profile = VllmProfile.V0_8, Model = "demo-model" }, ObedientModel.AnswerUnconstrained);
}
