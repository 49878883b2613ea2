using Microsoft.Extensions.AI;
using VllmAdapter.Agents.Tests.Recorded;
using VllmAdapter.Agents.Tests.SideBySide;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Agents.Tests;

/// <summary>What needs a process of its own: a test, and the table of docs/agents.md.</summary>
internal static class Program
{
    /// <summary>Asks twice through a cache with JSON by reflection switched off, and prints what came.</summary>
    public const string CacheWithoutReflection = "cache-without-reflection";

    /// <summary>Plays all recordings to the bridge and to Microsoft.Extensions.AI.OpenAI, prints the table, and fails if a given page shows another.</summary>
    public const string SideBySide = "side-by-side";

    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case [CacheWithoutReflection]:
                AppContext.SetSwitch("System.Text.Json.JsonSerializer.IsReflectionEnabledByDefault", isEnabled: false);
                await AskTwiceAsync();
                return 0;

            case [SideBySide, .. var pages]:
                string table = await Comparison.TableAsync(Recording.All);
                Console.WriteLine(table);
                return pages.All(page => File.ReadAllText(page).Contains(table, StringComparison.Ordinal)) ? 0 : 1;

            default:
                await Console.Error.WriteLineAsync($"Say {SideBySide} or {CacheWithoutReflection}.");
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
