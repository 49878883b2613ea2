using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Recovery;

/// <summary>A streamed answer that lost something, asked for once more without streaming because the request says so.</summary>
public sealed class AskWholeTests
{
    private static readonly ChatRequest Ask = ChatRequest.FromPrompt("What is the weather in Paris?") with
    {
        MaxTokens = 100,
        Recovery = StreamRecovery.AskWhole(),
        Tools = [new ToolDefinition { Name = "get_weather", Parameters = JsonDocumentOf("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""") }],
    };

    private static readonly ScriptedReply Whole = Script.Calls("get_weather", "{\"city\":\"Paris\"}").Finishes("tool_calls").Uses(20, 9).Done();

    public static TheoryData<string, ScriptedReply> Lossy => new()
    {
        { "a brace dropped (0.8.5 hermes)", Script.Calls("get_weather", "{\"city\": \"Paris\"").Finishes("tool_calls").Uses(20, 9).Done() },
        { "a brace dropped, nothing declared", Script.Calls("get_weather", "{\"city\": \"Paris\"").Uses(20, 9).Done() },
        { "no arguments (0.11.0 kimi_k2)", Script.Calls("get_weather").Finishes("tool_calls").Uses(20, 9).Done() },
        { "arguments twice (0.8.5 granite)", Script.Calls("get_weather", "{\"city\":\"Zürich\"}{\"city\":\"Zürich\"}").Finishes("tool_calls").Uses(20, 9).Done() },
        { "no name", Script.CallsAs("id", "", "{\"city\":\"Paris\"}").Finishes("tool_calls").Uses(20, 9).Done() },
        { "tokens counted, nothing delivered (0.32.0 phi4_mini_json)", Script.Empty.Finishes("stop").Uses(20, 9).Done() },
        { "calls announced, none came", Script.Says("Let me see.").Finishes("tool_calls").Uses(20, 9).Done() },
        { "tokens counted, two bytes delivered (0.8.5)", Script.Says("\n\n").Finishes("stop").Uses(20, 88).Done() },
        { "nothing at all, nothing declared (0.8.5 required)", Script.Says("").Uses(20, 9).Done() },
    };

    public static TheoryData<string, ScriptedReply> NotAskedAgain => new()
    {
        { "a whole call", Whole },
        { "text", Script.Says("It is sunny.").Finishes("stop").Uses(20, 9).Done() },
        { "cut by max tokens", Script.Calls("get_weather", "{\"city\": \"Pa").Finishes("length").Uses(20, 100).Done() },
        { "cut by max tokens, in disguise", Script.Calls("get_weather", "{\"city\": \"Pa").Finishes("tool_calls").Uses(20, 100).Done() },
        { "a broken stream", Script.Calls("get_weather", "{\"city\": \"Pa").Resets() },
        { "a failed stream", Script.Calls("get_weather", "{\"city\": \"Pa").Fails().Done() },
    };

    [Theory]
    [MemberData(nameof(Lossy))]
    public async Task What_the_stream_lost_the_whole_reply_brings(string what, ScriptedReply lossy)
    {
        using var vllm = FakeVllm.InMemory(lossy, Whole);
        ChatStream stream = AdapterOf(vllm).StreamChatAsync(Ask);
        List<ChatChunk> chunks = [];
        await foreach (ChatChunk chunk in stream)
            chunks.Add(chunk);

        stream.Outcome.Verdict.Should().Be(StreamVerdict.Completed, what);
        stream.Answer.ToolCalls.Should().ContainSingle().Which.Arguments.Should().Be("{\"city\":\"Paris\"}");
        stream.Outcome.WithheldToolCalls.Should().BeEmpty();
        (stream.Outcome.Usage!.PromptTokens, stream.Outcome.Usage.CompletionTokens, stream.Outcome.Parts.Count).Should().Be((40, stream.Outcome.Parts[0].Usage!.CompletionTokens + 9, 2));
        stream.Outcome.Explain().Should().EndWith("had lost something, so it was requested again without streaming.");
        stream.Outcome.Parts[1].Evidence.IsWholeReply.Should().BeTrue();
        chunks[^1].Outcome.Should().Be(stream.Outcome);
        chunks[^2].ToolCallDeltas.Should().ContainSingle().Which.Arguments.Should().Be("{\"city\":\"Paris\"}");
    }

    [Theory]
    [MemberData(nameof(NotAskedAgain))]
    public async Task What_asking_again_cannot_mend_is_left(string what, ScriptedReply reply)
    {
        using var vllm = FakeVllm.InMemory(reply, Whole);

        await AdapterOf(vllm).CompleteChatAsync(Ask with { OnIncompleteStream = IncompleteStreamBehavior.Report });

        vllm.Requests.Should().HaveCount(1, what);
    }

    [Fact]
    public void What_the_model_declined_is_not_asked_for_again() =>
        WholeRequest.MayHelp(Ask, Outcomes.Evidence.Of().MustCall().Declines("I can't help.").Declares("tool_calls").Uses(20, 9).Done().Judge())
            .Should().BeFalse();

    [Fact]
    public void A_call_written_as_text_is_asked_for_again() =>
        WholeRequest.MayHelp(Ask, Outcomes.Evidence.Of().WritesACallOf("get_weather").Declares("stop").Uses(9, 9).Done().Judge()).Should().BeTrue();

    [Fact]
    public async Task The_second_request_does_not_stream_and_is_the_same_otherwise()
    {
        using var vllm = FakeVllm.InMemory(Script.Empty.Finishes("stop").Uses(20, 9).Done(), Whole);

        await AdapterOf(vllm).CompleteChatAsync(Ask with { Extra = new JsonObject { ["stream"] = true, ["seed"] = 7 } });

        JsonObject first = vllm.Requests[0].Json!.AsObject();
        first.Remove("stream");
        first.Remove("stream_options");
        JsonNode.DeepEquals(first, vllm.Requests[1].Json).Should().BeTrue();
    }

    [Fact]
    public async Task A_whole_reply_that_is_damaged_as_well_is_not_asked_for_again()
    {
        ScriptedReply damaged = Script.Calls("get_weather", "{\"city\": \"Paris\"").Finishes("tool_calls").Uses(20, 9).Done();
        using var vllm = FakeVllm.InMemory(damaged);

        ChatAnswer answer = await AdapterOf(vllm).CompleteChatAsync(Ask);

        answer.ToolCalls.Should().BeEmpty();
        answer.Outcome.WithheldToolCalls.Should().ContainSingle();
        answer.Outcome.Parts.Should().HaveCount(2);
        vllm.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_refusal_of_the_second_request_leaves_the_first_answer_as_it_was()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("Let me see.").Calls("get_weather").Finishes("tool_calls").Uses(20, 9).Done(), Script.Refuses(400, "no"));

        ChatAnswer answer = await AdapterOf(vllm).CompleteChatAsync(Ask);

        answer.Text.Should().Be("Let me see.");
        answer.Outcome.WithheldToolCalls.Should().ContainSingle();
        answer.Outcome.Notes.Should().Contain(note => note.Kind == OutcomeNoteKind.RecoveryFailed);
        answer.Outcome.Usage!.CompletionTokens.Should().Be(9);
    }

    [Fact]
    public async Task The_text_of_the_whole_reply_takes_the_place_of_the_first()
    {
        using var vllm = FakeVllm.InMemory(
            Script.Says("Let me").Calls("get_weather").Finishes("tool_calls").Uses(20, 9).Done(),
            Script.Says("Let me see.").Calls("get_weather", "{\"city\":\"Paris\"}").Finishes("tool_calls").Uses(20, 9).Done());

        ChatAnswer answer = await AdapterOf(vllm).CompleteChatAsync(Ask);

        answer.Text.Should().Be("Let me see.");
    }

    private static System.Text.Json.JsonElement JsonDocumentOf(string json) => System.Text.Json.JsonDocument.Parse(json).RootElement;

    private static VllmInferenceAdapter AdapterOf(FakeVllm vllm) => new(vllm.CreateHttpClient(), new VllmAdapterOptions());
}
