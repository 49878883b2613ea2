using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter.Testing;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>An adapter as the speech client of Microsoft.Extensions.AI: what is cut or broken never passes for whole.</summary>
[Experimental("MEAI001")]
public sealed class SpeechToTextTests
{
    private static readonly FakeVllmOptions Whisper = new() { Kinds = ModelKinds.Transcribes };
    private static readonly ScriptedReply Heard = Script.Says(" Hel", "lo").Finishes("stop").Says("  there").Finishes("stop").Uses(4, 9).Done();

    [Fact]
    public async Task The_text_of_all_pieces_comes_with_its_cost_and_its_outcome()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Whisper, Heard);

        SpeechToTextResponse response = await Client(vllm).GetTextAsync(Sound());

        (response.Text, response.ModelId, response.Usage!.OutputTokenCount).Should().Be((" Hello  there", "fake-model", 9));
        response.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
        response.RawRepresentation.Should().BeOfType<Transcription>();
    }

    [Fact]
    public async Task It_comes_in_pieces_and_ends_with_its_outcome()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Whisper, Heard);

        List<SpeechToTextResponseUpdate> updates = [];
        await foreach (SpeechToTextResponseUpdate update in Client(vllm).GetStreamingTextAsync(Sound()))
            updates.Add(update);

        updates.SkipLast(1).Select(update => update.Text).Should().Equal(" Hel", "lo", "  there");
        updates[^1].Kind.Should().Be(SpeechToTextResponseUpdateKind.SessionClose);
        updates[^1].GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
        updates.ToSpeechToTextResponse().Usage!.OutputTokenCount.Should().Be(9);
    }

    [Fact]
    public async Task The_outcome_is_there_too_in_what_a_cache_keeps()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Whisper, Heard);

        AdditionalPropertiesDictionary? kept = (await Client(vllm).GetTextAsync(Sound())).AdditionalProperties;

        new SpeechToTextResponse("Hello") { AdditionalProperties = kept }.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
        new SpeechToTextResponseUpdate("Hello") { AdditionalProperties = kept }.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
        kept.GetStreamOutcome()!.Verdict.Should().Be(StreamVerdict.Completed);
    }

    [Theory]
    [InlineData("length", StreamVerdict.LengthLimited)]
    [InlineData("abort", StreamVerdict.Aborted)]
    public async Task A_text_that_is_cut_throws_after_what_came_was_handed_out(string reason, StreamVerdict verdict)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Whisper, _ => Script.Says(" Hel", "lo").Finishes(reason).Done());
        ISpeechToTextClient client = vllm.CreateAdapter(options => options.OnIncompleteStream = IncompleteStreamBehavior.Report).AsISpeechToTextClient();
        List<string> came = [];

        Func<Task> streaming = async () =>
        {
            await foreach (SpeechToTextResponseUpdate update in client.GetStreamingTextAsync(Sound()))
                came.Add(update.Text);
        };

        (await streaming.Should().ThrowAsync<IncompleteStreamException>()).Which.Outcome.Verdict.Should().Be(verdict);
        came.Should().Equal(" Hel", "lo", "");
        (await FluentActions.Awaiting(() => client.GetTextAsync(Sound())).Should().ThrowAsync<IncompleteStreamException>()).Which.Received.Text.Should().Be(" Hello");
    }

    [Theory]
    [InlineData(null, null, "/v1/audio/transcriptions", null)]
    [InlineData("de-DE", null, "/v1/audio/transcriptions", "de")]
    [InlineData("de", "de-AT", "/v1/audio/transcriptions", "de")]
    [InlineData("de", "en-US", "/v1/audio/translations", "de")]
    [InlineData(null, "en", "/v1/audio/translations", null)]
    [InlineData("en-GB", "en", "/v1/audio/transcriptions", "en")]
    public async Task The_languages_say_whether_it_is_translated(string? spoken, string? wanted, string path, string? sent)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Whisper, Heard);

        await Client(vllm).GetTextAsync(Sound(), new SpeechToTextOptions { SpeechLanguage = spoken, TextLanguage = wanted, AdditionalProperties = new() { ["prompt"] = "Names: Ada" } });

        ReceivedRequest received = vllm.Requests.Single();
        received.Path.Should().Be(path);
        received.Body.Should().Contain("name=\"prompt\"\r\n\r\nNames: Ada\r\n");
        received.Body.Contains("name=\"language\"", StringComparison.Ordinal).Should().Be(sent is not null);
        if (sent is not null)
            received.Body.Should().Contain($"name=\"language\"\r\n\r\n{sent}\r\n");
    }

    [Theory]
    [InlineData("de", "fr")]
    [InlineData(null, "fr")]
    public async Task A_language_that_nobody_translates_into_is_refused(string? spoken, string wanted)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Whisper, Heard);

        await FluentActions.Awaiting(() => Client(vllm).GetTextAsync(Sound(), new SpeechToTextOptions { SpeechLanguage = spoken, TextLanguage = wanted }))
            .Should().ThrowAsync<NotSupportedException>().WithMessage("*'fr'*");

        vllm.Requests.Should().BeEmpty();
    }

    [Fact]
    public void A_container_has_it_for_each_adapter()
    {
        var collection = new ServiceCollection();
        collection.AddVllmAdapter(options => options.Endpoint = new Uri("http://vllm.test"));
        collection.AddVllmAdapter("other", options => options.Endpoint = new Uri("http://other.test"));
        collection.AddVllmSpeechToTextClient("whisper").AddKeyedVllmSpeechToTextClient("other");
        using ServiceProvider services = collection.BuildServiceProvider();

        var client = services.GetRequiredService<ISpeechToTextClient>();
        client.GetService<SpeechToTextClientMetadata>()!.DefaultModelId.Should().Be("whisper");
        client.GetService<VllmInferenceAdapter>().Should().BeSameAs(services.GetRequiredService<VllmInferenceAdapter>());
        services.GetRequiredKeyedService<ISpeechToTextClient>("other").GetService<SpeechToTextClientMetadata>()!.ProviderUri.Should().Be(new Uri("http://other.test/"));
    }

    private static ISpeechToTextClient Client(FakeVllm vllm) => vllm.CreateAdapter().AsISpeechToTextClient();

    private static MemoryStream Sound() => new("RIFF sound"u8.ToArray());
}
