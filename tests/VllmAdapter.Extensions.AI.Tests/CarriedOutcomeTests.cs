using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using VllmAdapter.Testing;
using VllmAdapter.Tests.Recorded;
using VllmAdapter.Tests.Wire;
using static VllmAdapter.Extensions.AI.Tests.BridgePlay;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>How a turn ended is known after a cache hit, and is no part of the conversation.</summary>
public sealed class CarriedOutcomeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_outcome_is_read_from_a_cache_as_it_was(bool streaming)
    {
        using var play = new BridgePlay(Script.Says("Hel", "lo.").Finishes("length").Uses(10, 100).Done());
        using var chat = new DistributedCachingChatClient(play.Chat, new DictionaryCache());

        StreamOutcome asked = (await AskAsync(chat, streaming)).GetStreamOutcome()!;
        ChatResponse cached = await AskAsync(chat, streaming);

        play.Bodies.Should().ContainSingle();
        cached.GetStreamOutcome().Should().Be(asked);
        (asked.Verdict, cached.FinishReason, cached.Text).Should().Be((StreamVerdict.LengthLimited, ChatFinishReason.Length, "Hello."));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_last_cached_update_has_it(bool coalesces)
    {
        using var play = new BridgePlay(Answer);
        using var chat = new DistributedCachingChatClient(play.Chat, new DictionaryCache()) { CoalesceStreamingUpdates = coalesces };

        await AskAsync(chat, streaming: true);
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync(Question, WithTools))
            updates.Add(update);

        play.Bodies.Should().ContainSingle();
        updates[^1].GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
        updates.SkipLast(1).Should().OnlyContain(update => update.GetStreamOutcome() == null);
    }

    [Fact]
    public async Task A_broken_answer_is_never_cached()
    {
        using var play = new BridgePlay(Script.Says("Hel").Cuts(), Answer);
        using var chat = new DistributedCachingChatClient(play.Chat, new DictionaryCache());

        await FluentActions.Awaiting(() => AskAsync(chat, streaming: true)).Should().ThrowAsync<IncompleteStreamException>();

        (await AskAsync(chat, streaming: true)).Text.Should().Be("It is 4.");
    }

    // Without reflection the serializer knows text, but none of our types.
    [Fact]
    public async Task A_response_is_written_and_read_without_reflection()
    {
        using var play = new BridgePlay(Answer);
        ChatResponse response = await AskAsync(play.Chat, streaming: true);
        var options = new JsonSerializerOptions { TypeInfoResolver = Metadata };

        string json = JsonSerializer.Serialize(response, options.GetTypeInfo(typeof(ChatResponse)));
        var read = (ChatResponse)JsonSerializer.Deserialize(json, options.GetTypeInfo(typeof(ChatResponse)))!;

        read.GetStreamOutcome().Should().Be(response.GetStreamOutcome()).And.NotBeNull();
        read.AdditionalProperties.GetStreamOutcome().Should().Be(response.GetStreamOutcome());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_history_does_not_carry_it(bool streaming)
    {
        using var play = new BridgePlay(Calling("get_random_number", "{}"), Answer);
        using var loop = new Invoking(play.Chat);

        ChatResponse response = await loop.RunAsync("A number, please.", WithTools, streaming);

        response.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
        JsonSerializer.Serialize(response.Messages, AIJsonUtilities.DefaultOptions).Should().NotContain(VllmChatClientExtensions.OutcomeKey);
    }

    public static TheoryData<string> Recordings => ToolRecordings.Paths;

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Of_every_recorded_turn_all_comes_back(string path)
    {
        Recording recording = Recording.At(path);
        ChatRequest request = recording.Request();
        using TwoTurns server = ToolRecordings.ThenAnswering(recording);
        IChatClient chat = server.NewAdapter().AsIChatClient(maxCorrections: 0);
        List<StreamOutcome> outcomes = [];

        try
        {
            await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync("", new ChatOptions { RawRepresentationFactory = _ => request }))
            {
                if (update.GetStreamOutcome() is { } outcome)
                {
                    (update.AdditionalProperties.GetStreamOutcome() == outcome).Should().BeTrue(outcome.ToJson());
                    outcomes.Add(outcome);
                }
            }

            outcomes.Should().ContainSingle();
        }
        catch (IncompleteStreamException broken)
        {
            outcomes.All(outcome => outcome == broken.Outcome).Should().BeTrue();
        }
    }

    [Fact]
    public async Task Each_turn_of_a_streamed_run_has_its_own()
    {
        using var play = new BridgePlay(Calling("get_random_number", "{}"), Script.Says("It is").Finishes("length").Uses(30, 100).Done());
        using var loop = new Invoking(play.Chat);
        List<StreamVerdict> verdicts = [];

        await foreach (ChatResponseUpdate update in loop.Middleware.GetStreamingResponseAsync(Question, WithTools))
        {
            if (update.GetStreamOutcome() is { } outcome)
                verdicts.Add(outcome.Verdict);
        }

        verdicts.Should().Equal(StreamVerdict.Completed, StreamVerdict.LengthLimited);
    }

    [Fact]
    public void Properties_of_another_client_hold_none()
    {
        new ChatResponse().GetStreamOutcome().Should().BeNull();
        new ChatResponseUpdate().GetStreamOutcome().Should().BeNull();
        ((AdditionalPropertiesDictionary?)null).GetStreamOutcome().Should().BeNull();
        new AdditionalPropertiesDictionary { [VllmChatClientExtensions.OutcomeKey] = 4 }.GetStreamOutcome().Should().BeNull();
    }

    private static readonly ChatMessage[] Question = [new(ChatRole.User, "Hello.")];

    private static System.Text.Json.Serialization.Metadata.IJsonTypeInfoResolver Metadata { get; } =
        AIJsonUtilities.DefaultOptions.TypeInfoResolverChain.First(resolver => resolver is System.Text.Json.Serialization.JsonSerializerContext);

    private static Task<ChatResponse> AskAsync(IChatClient chat, bool streaming) => Invoking.AskAsync(chat, Question, WithTools, streaming);

    private sealed class DictionaryCache : IDistributedCache
    {
        private readonly Dictionary<string, byte[]> _entries = new(StringComparer.Ordinal);

        public byte[]? Get(string key) => _entries.GetValueOrDefault(key);

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => Task.FromResult(Get(key));

        public void Refresh(string key)
        {
        }

        public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Remove(string key) => _entries.Remove(key);

        public Task RemoveAsync(string key, CancellationToken token = default)
        {
            Remove(key);
            return Task.CompletedTask;
        }

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _entries[key] = value;

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            Set(key, value, options);
            return Task.CompletedTask;
        }
    }
}
