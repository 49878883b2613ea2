using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.AI;
using VllmAdapter.Agents.Tests.Recorded;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Middleware;

/// <summary>The bridge behind <see cref="DistributedCachingChatClient"/>: what is cached, and what it still tells.</summary>
public sealed class CachingTests
{
    public static TheoryData<string, string, bool> Ends => new()
    {
        { nameof(StreamVerdict.Completed), "stop", true },
        { nameof(StreamVerdict.Completed), "stop", false },
        { nameof(StreamVerdict.LengthLimited), "length", true },
        { nameof(StreamVerdict.LengthLimited), "length", false },
        { nameof(StreamVerdict.Unconfirmed), "unconfirmed", true },
        { nameof(StreamVerdict.Unconfirmed), "unconfirmed", false },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_cached_answer_tells_how_it_ended(string verdict, string reason, bool isStreamed)
    {
        using var play = new ScriptedChat(verdict switch
        {
            nameof(StreamVerdict.Completed) => Answers,
            nameof(StreamVerdict.LengthLimited) => CutsItsAnswer,
            _ => ForgetsItsFinishReason,
        });
        IChatClient chat = play.Client.AsBuilder().UseDistributedCache(new ListedCache()).Build();

        ChatResponse first = await chat.AskAsync(isStreamed, "Paris?");
        ChatResponse again = await chat.AskAsync(isStreamed, "Paris?");

        play.Requests.Should().ContainSingle();
        again.FinishReason!.Value.Value.Should().Be(reason);
        again.Text.Should().Be(first.Text);
        again.GetStreamOutcome()!.Verdict.ToString().Should().Be(verdict);
        again.GetStreamOutcome()!.Explain().Should().Be(first.GetStreamOutcome()!.Explain());
        again.Usage!.TotalTokenCount.Should().Be(first.Usage!.TotalTokenCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cached_stream_can_be_read_update_by_update(bool isCoalesced)
    {
        using var play = new ScriptedChat(Answers);
        IChatClient chat = play.Client.AsBuilder()
            .UseDistributedCache(new ListedCache(), cache => cache.CoalesceStreamingUpdates = isCoalesced).Build();

        await chat.AskAsync(isStreamed: true, "Paris?");
        List<ChatResponseUpdate> updates = await chat.GetStreamingResponseAsync("Paris?").ToListAsync();

        updates.Select(update => update.GetStreamOutcome()).OfType<StreamOutcome>().Should().ContainSingle()
            .Which.Verdict.Should().Be(StreamVerdict.Completed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_broken_answer_is_not_cached(bool isStreamed)
    {
        var cache = new ListedCache();
        using var play = new ScriptedChat(Script.Says("It is ").Cuts(), Answers);
        IChatClient chat = play.Client.AsBuilder().UseDistributedCache(cache).Build();

        await chat.Awaiting(one => one.AskAsync(isStreamed, "Paris?")).Should().ThrowAsync<IncompleteStreamException>();
        cache.Entries.Should().BeEmpty();

        (await chat.AskAsync(isStreamed, "Paris?")).Text.Should().Be("It is sunny.");
        cache.Entries.Should().ContainSingle();
    }

    [Fact]
    public async Task A_history_of_cached_and_fresh_answers_carries_words_and_no_outcomes()
    {
        using var play = new ScriptedChat(Answers);
        IChatClient chat = play.Client.AsBuilder().UseDistributedCache(new ListedCache()).Build();

        await chat.GetResponseAsync("Paris?");
        List<ChatMessage> history = [new(ChatRole.User, "Paris?"), .. (await chat.GetResponseAsync("Paris?")).Messages, new(ChatRole.User, "Rome?")];
        await chat.GetResponseAsync(history);

        play.Messages(1).Should().Equal("user: Paris?", "assistant: It is sunny.", "user: Rome?");
        play.Requests[1].ToJsonString().Should().NotContain("vllm.outcome");
    }

    // The default of what is compiled ahead of time. It is read once in a process, so it takes a process of its own.
    [Fact]
    public async Task Without_JSON_by_reflection_the_cache_works_as_well()
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(Program).Assembly.Location, Program.CacheWithoutReflection])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        said.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Should().Equal(
            ["reflection: False", "fresh: It is sunny. stop Completed", "cached: It is sunny. stop Completed", "requests: 1"], await errors);
    }
}
