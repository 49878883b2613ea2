using Microsoft.Extensions.AI;
using VllmAdapter.Agents.Tests.Recorded;
using VllmAdapter.Extensions.AI;

namespace VllmAdapter.Agents.Tests;

/// <summary>What the tests need a process of their own for.</summary>
internal static class Program
{
    /// <summary>Asks twice through a cache with JSON by reflection switched off, and prints what came.</summary>
    public const string CacheWithoutReflection = "cache-without-reflection";

    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case [CacheWithoutReflection]:
                AppContext.SetSwitch("System.Text.Json.JsonSerializer.IsReflectionEnabledByDefault", isEnabled: false);
                await AskTwiceAsync();
                return 0;

            default:
                await Console.Error.WriteLineAsync($"{CacheWithoutReflection}");
                return 2;
        }
    }

    private static async Task AskTwiceAsync()
    {
        using var play = new ScriptedChat(ScriptedChat.Answers);
        IChatClient chat = play.Client.AsBuilder().UseDistributedCache(new ListedCache()).Build();
        Console.WriteLine($"reflection: {System.Text.Json.JsonSerializer.IsReflectionEnabledByDefault}");
        foreach (string title in (string[])["fresh", "cached"])
        {
            ChatResponse response = await chat.GetStreamingResponseAsync("Paris?").ToChatResponseAsync();
            Console.WriteLine($"{title}: {response.Text} {response.FinishReason?.Value} {response.GetStreamOutcome()?.Verdict}");
        }

        Console.WriteLine($"requests: {play.Requests.Count}");
    }
}
