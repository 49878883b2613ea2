using System.Text.Json;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Replies;

/// <summary>Fields of a reply that the library has no property for: nothing that was received is lost, and nothing is made where there are none.</summary>
public sealed class ExtraFieldsTests
{
    private const string Done = """data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\ndata: [DONE]\n\n";

    [Fact]
    public async Task They_are_with_the_chunk_and_with_the_choice_that_carried_them_and_in_the_answer()
    {
        Played played = await Played.RunAsync(
            """data: {"id":"1","object":"o","created":1,"service_tier":"priority","nothing":null,"choices":[{"index":0,"delta":{"content":"Hi","annotations":[1],"x":null},"weight_versions":["a"]}]}""" + "\n\n"
            + """data: {"id":"1","choices":[{"index":0,"delta":{"content":"!"}}]}""" + "\n\n"
            + """data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"kv_transfer_params":{"remote_port":7}}""" + "\n\n"
            + """data: {"id":"1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2},"service_tier":"default"}""" + "\n\ndata: [DONE]\n\n");

        Said(played.Chunks[0].Extra).Should().Equal("""service_tier="priority" """.Trim());
        Said(played.Chunks[0].ChoiceExtra).Should().BeEquivalentTo("annotations=[1]", """weight_versions=["a"]""");
        (played.Chunks[1].Extra, played.Chunks[1].ChoiceExtra).Should().Be((null, null));
        Said(played.Completion!.Extra).Should().BeEquivalentTo("""service_tier="default" """.Trim(), """kv_transfer_params={"remote_port":7}""");
        Said(played.Completion.Choices[0].Extra).Should().BeEquivalentTo("annotations=[1]", """weight_versions=["a"]""");
    }

    [Fact]
    public async Task A_whole_reply_has_them_too()
    {
        var server = new CannedServer
        {
            ContentType = "application/json",
            Pieces = ["""{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop","routed_experts":[[3]]}],"prompt_logprobs":[null,{"5":{"logprob":-1}}],"prompt_text":"p","kv_transfer_params":null}"""u8.ToArray()],
        };

        ChatAnswer answer = (await Played.RunAsync(server, ChatRequest.FromPrompt("Hello.") with { Stream = false })).Completion!;

        Said(answer.Extra).Should().BeEquivalentTo("""prompt_logprobs=[null,{"5":{"logprob":-1}}]""", """prompt_text="p" """.Trim());
        Said(answer.Choices[0].Extra).Should().Equal("routed_experts=[[3]]");
    }

    [Fact]
    public async Task What_chunks_of_one_shape_repeat_is_not_read_again_and_stays_with_every_chunk()
    {
        const string Chunk = """data: {"id":"1","provider":"gateway","choices":[{"index":0,"delta":{"content":"a"},"tag":2}]}""" + "\n\n";

        Played played = await Played.RunAsync(string.Concat(Enumerable.Repeat(Chunk, 4)) + Done);

        played.Chunks.Take(4).Should().OnlyContain(chunk => chunk.Text == "a" && Said(chunk.Extra).Single() == "provider=\"gateway\"" && Said(chunk.ChoiceExtra).Single() == "tag=2");
        played.Chunks.Take(4).Skip(1).Select(chunk => chunk.Extra).Distinct(ReferenceEqualityComparer.Instance).Should().ContainSingle();
    }

    [Fact]
    public async Task Of_several_choices_in_one_chunk_the_first_has_those_of_the_chunk()
    {
        Played played = await Played.RunAsync(
            """data: {"choices":[{"index":0,"delta":{"content":"a"},"k":0},{"index":1,"delta":{"content":"b"},"k":1}],"tier":"x"}""" + "\n\n" + Done,
            ChatRequest.FromPrompt("Hello.") with { ChoiceCount = 2, OnIncompleteStream = IncompleteStreamBehavior.Report });

        played.Chunks.Take(2).Select(chunk => chunk.Extra is not null).Should().Equal(true, false);
        played.Completion!.Choices.Select(choice => choice.Extra!["k"].GetInt32()).Should().Equal(0, 1);
    }

    [Fact]
    public async Task An_event_of_nothing_else_waits_for_the_next_chunk() =>
        Said((await Played.RunAsync("data: {\"routing\":\"b\"}\n\n" + Done)).Completion!.Extra).Should().Equal("routing=\"b\"");

    [Fact]
    public async Task Text_that_is_no_text_does_not_break_the_stream()
    {
        Played played = await Played.RunAsync("""data: {"choices":[{"index":0,"delta":{"content":"a"}}],"half":"\ud83d"}""" + "\n\n" + Done);

        (played.Outcome.Verdict, played.Completion!.Extra!.ContainsKey("half")).Should().Be((StreamVerdict.Completed, true));
    }

    [Fact]
    public async Task A_stream_that_is_given_keeps_them()
    {
        ChatAnswer answer = (await Played.RunAsync("""data: {"choices":[{"index":0,"delta":{"content":"a"},"k":0}],"tier":"x"}""" + "\n\n" + Done)).Completion!;
        ChatStream given = ChatStream.Of(answer);

        await foreach (ChatChunk chunk in given)
        {
            // To its end.
        }

        (Said(given.Answer.Extra).Single(), Said(given.Answer.Choices[0].Extra).Single()).Should().Be(("tier=\"x\"", "k=0"));
    }

    private static IEnumerable<string> Said(IReadOnlyDictionary<string, JsonElement>? fields) => (fields ?? new Dictionary<string, JsonElement>()).Select(field => $"{field.Key}={field.Value.GetRawText()}");
}
