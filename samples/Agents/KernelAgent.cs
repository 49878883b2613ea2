using System.ComponentModel;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>A plugin whose functions run by themselves; and a call that max tokens cut, which does not run although it looks whole.</summary>
internal static class KernelAgent
{
    public static async Task RunAsync()
    {
        using var well = FakeVllm.InMemory(
            Script.Model.Calls("plans_save_plan", """{"title":"Trip to Paris"}"""), Script.Model.Says("It is saved."));
        await AskAsync(well.CreateAdapter(), maxTokens: 200);

        using var cut = FakeVllm.InMemory(Script.Replays(RecordedStreams.CutCallThatLooksWhole));
        await AskAsync(cut.CreateAdapter(), maxTokens: 22);
    }

    private static async Task AskAsync(VllmInferenceAdapter adapter, int maxTokens)
    {
        // <kernel>
        IChatCompletionService chat = adapter.PrintingTurns().AsBuilder().UseKernelFunctionInvocation().Build().AsChatCompletionService();
        var kernel = new Kernel();
        kernel.ImportPluginFromType<Plans>("plans");
        var settings = new PromptExecutionSettings
        {
            FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(),
            ExtensionData = new Dictionary<string, object>(StringComparer.Ordinal) { ["max_tokens"] = maxTokens },
        };

        ChatMessageContent answer = await chat.GetChatMessageContentAsync("Save a plan for Paris.", settings, kernel);
        Console.WriteLine($"  answer   {(answer.Content is { Length: > 0 } text ? text : "none")}");
        // </kernel>
    }

    private sealed class Plans
    {
        [KernelFunction("save_plan"), Description("Saves a plan.")]
        public static string Save([Description("What the plan is called")] string title)
        {
            Console.WriteLine($"  saved    {title}");
            return "Saved.";
        }
    }
}
