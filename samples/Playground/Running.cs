using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Playground;

/// <summary>The two ways to run the page: for browsers until it is stopped, or for one question from the command line.</summary>
internal static class Running
{
    /// <exception cref="IOException">The address is in use.</exception>
    public static async Task ServeAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException taken)
        {
            throw new IOException($"{taken.Message} Choose another address: --urls http://127.0.0.1:5081", taken);
        }

        Console.WriteLine($"Open {app.Urls.First()}");
        await app.WaitForShutdownAsync();
    }

    /// <summary>Prints the events that the page would get. A refusal goes to the error output, and the program then ends with 1.</summary>
    public static async Task AskAsync(WebApplication app, string question)
    {
        await app.StartAsync();
        using var browser = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using HttpResponseMessage answer = await browser.PostAsJsonAsync("/chat", new Question("me", question));
        await foreach (SseItem<string> item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            if (item.EventType is not PageEvents.RefusedEvent)
            {
                Console.WriteLine($"{item.EventType}: {item.Data}");
                continue;
            }

            await Console.Error.WriteLineAsync(JsonSerializer.Deserialize<string>(item.Data));
            Environment.ExitCode = 1;
        }
    }
}
