using System.Text;
using System.Text.Json;

namespace VllmAdapter.Tests.Wire;

/// <summary>Events as vLLM and gateways write them.</summary>
public sealed class ChunkReaderTests
{
    [Fact]
    public void A_chunk_of_text_reads()
    {
        Reading read = Reading.Of("""
            {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"granite","system_fingerprint":"vllm-0.32.0",
             "choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"logprobs":null,"finish_reason":null,"token_ids":null}]}
            """);

        (read.Chunk.ChoiceIndex, read.Chunk.Text, read.Chunk.Reasoning, read.Chunk.FinishReason).Should().Be((0, "Hel", "", null));
        read.Chunk.ToolCallDeltas.Should().BeEmpty();
        (read.Reader.Id, read.Reader.Model, read.Reader.Fingerprint, read.Reader.Oddities).Should().Be(("chatcmpl-1", "granite", "vllm-0.32.0", 0));
    }

    [Fact]
    public void The_last_chunk_may_carry_the_last_text()
    {
        ChatChunk chunk = Reading.OfChoice("""  "delta": {"content": "lo"}, "finish_reason": "stop", "stop_reason": "\n" """).Chunk;

        (chunk.Text, chunk.FinishReason, chunk.StopReason).Should().Be(("lo", FinishReason.Stop, "\n"));
    }

    [Fact]
    public void A_usage_without_choices_is_a_chunk_without_a_choice()
    {
        ChatChunk chunk = Reading.Of("""{"choices": [], "usage": {"prompt_tokens": 285, "completion_tokens": 22, "total_tokens": 307}}""").Chunk;

        (chunk.HasChoice, chunk.Usage).Should().Be((false, new TokenUsage { PromptTokens = 285, CompletionTokens = 22 }));
    }

    [Theory]
    [InlineData("""{"choices": [{"delta": {"content": "a"}}], "usage": {"prompt_tokens": 9, "completion_tokens": 1}}""")]
    [InlineData("""{"usage": {"prompt_tokens": 9, "completion_tokens": 1}, "choices": [{"delta": {"content": "a"}}]}""")]
    public void Usage_next_to_a_choice_belongs_to_its_chunk(string json)
    {
        ChatChunk chunk = Reading.Of(json).Chunk;

        (chunk.HasChoice, chunk.Text, chunk.Usage?.CompletionTokens).Should().Be((true, "a", 1));
    }

    [Fact]
    public void The_details_of_a_usage_are_read() =>
        Reading.Of("""
            {"usage": {"prompt_tokens": 9, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 3, "x": {}},
             "prompt_tokens_details": {"cached_tokens": 8, "created_cache_tokens": 1}}}
            """).Reader.Usage!.Details
            .Should().Be(new TokenUsageDetails { CachedPromptTokens = 8, CreatedCacheTokens = 1, ReasoningTokens = 3 });

    [Theory]
    [InlineData("\"reasoning\": \"a\"", "a")]
    [InlineData("\"reasoning_content\": \"a\"", "a")]
    [InlineData("\"reasoning\": \"a\", \"reasoning_content\": \"a\"", "a")]
    [InlineData("\"reasoning_content\": \"a\", \"reasoning\": \"a\"", "a")]
    [InlineData("\"reasoning\": null, \"reasoning_content\": \"a\"", "a")]
    [InlineData("\"reasoning\": \"\", \"reasoning_content\": \"a\"", "a")]
    [InlineData("\"reasoning\": \"a\", \"reasoning_content\": null", "a")]
    [InlineData("\"reasoning\": null, \"reasoning_content\": null", "")]
    [InlineData("\"content\": \"a\"", "")]
    [InlineData("\"thinking\": \"a\"", "a")]
    [InlineData("\"reasoning_text\": \"a\"", "a")]
    [InlineData("\"thinking\": \"a\", \"reasoning_text\": \"a\", \"reasoning\": \"\"", "a")]
    [InlineData("\"thinking\": true, \"reasoning_content\": \"a\"", "a")]
    [InlineData("\"thinking\": true", "")]
    [InlineData("\"reasoning\": [{\"type\": \"text\", \"text\": \"a\"}]", "a")]
    [InlineData("\"thinking\": {\"type\": \"text\", \"text\": \"a\"}", "a")]
    [InlineData("\"reasoning_details\": [{\"type\": \"reasoning.text\", \"text\": \"a\"}, {\"text\": \"b\"}]", "ab")]
    [InlineData("\"reasoning_details\": [{\"type\": \"reasoning.summary\", \"summary\": \"a\"}, {\"type\": \"reasoning.encrypted\", \"data\": \"x\"}]", "a")]
    [InlineData("\"reasoning_details\": [{\"type\": \"reasoning.text\", \"text\": \"a\"}], \"reasoning\": \"a\"", "a")]
    [InlineData("\"reasoning\": \"a\", \"reasoning_details\": [{\"type\": \"reasoning.text\", \"text\": \"a\"}]", "a")]
    public void Reasoning_goes_by_many_names_and_counts_once(string fields, string reasoning) =>
        Reading.OfDelta(fields).Chunk.Reasoning.Should().Be(reasoning);

    [Theory]
    [InlineData("\"a\"", "a")]
    [InlineData("null", "")]
    [InlineData("\"\"", "")]
    [InlineData("""[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]""", "ab")]
    [InlineData("""["a", {"type": "image_url", "image_url": {"url": "x"}}, {"text": null}, "b"]""", "ab")]
    [InlineData("[]", "")]
    public void Content_is_text_or_parts(string content, string text)
    {
        Reading read = Reading.OfDelta($"\"content\": {content}");

        (read.Chunk.Text, read.Reader.Oddities).Should().Be((text, 0));
    }

    [Fact]
    public void Several_choices_in_one_event_are_several_chunks() =>
        Reading.Of("""{"choices": [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}, "finish_reason": "length"}]}""")
            .Reader.Chunks.Select(chunk => (chunk.ChoiceIndex, chunk.Text, chunk.FinishReason))
            .Should().Equal((1, "b", null), (0, "a", FinishReason.Length));

    [Fact]
    public void Ten_thousand_choices_are_ten_thousand_chunks() =>
        Reading.Of($$"""{"choices": [{{string.Join(',', Enumerable.Range(0, 10_000).Select(i => $$"""{"index": {{i}}, "delta": {"content": "a"} }"""))}}]}""")
            .Reader.Chunks.Should().HaveCount(10_000).And.OnlyHaveUniqueItems(chunk => chunk.ChoiceIndex);

    [Fact]
    public void A_whole_reply_reads_as_one_chunk()
    {
        ChatChunk chunk = Reading.OfChoice("""
              "index": 0, "message": {"role": "assistant", "content": "Hello", "reasoning": "Hm", "tool_calls": []}, "finish_reason": "stop"
            """).Chunk;

        (chunk.Text, chunk.Reasoning, chunk.FinishReason, chunk.ToolCallDeltas.Count).Should().Be(("Hello", "Hm", FinishReason.Stop, 0));
    }

    [Fact]
    public void The_text_of_a_plain_completion_reads_too() => Reading.OfChoice("""  "text": "Hello" """).Chunk.Text.Should().Be("Hello");

    [Theory]
    [InlineData("\"stop\"", "stop")]
    [InlineData("\"length\"", "length")]
    [InlineData("\"tool_calls\"", "tool_calls")]
    [InlineData("\"stopped\"", "stopped")]
    [InlineData("\"lengthy\"", "lengthy")]
    [InlineData("\"timeout\"", "timeout")]
    [InlineData("\"st\\u006fp\"", "stop")]
    [InlineData("\"repetition\"", "repetition")]
    [InlineData("\"\"", null)]
    [InlineData("\"null\"", null)]
    [InlineData("\"None\"", null)]
    [InlineData("\"none\"", null)]
    [InlineData("\"eos\"", "eos")]
    [InlineData("\"eos_token\"", "eos_token")] // huggingface/text-generation-inference#2344
    [InlineData("\"stop_sequence\"", "stop_sequence")]
    [InlineData("\"end_turn\"", "end_turn")]
    [InlineData("\"STOP\"", "STOP")]
    [InlineData("\"MAX_TOKENS\"", "MAX_TOKENS")]
    [InlineData("\"model_length\"", "model_length")]
    [InlineData("\"tool_use\"", "tool_use")]
    [InlineData("\"function_call\"", "function_call")]
    [InlineData("\"content_filter\"", "content_filter")]
    [InlineData("\"nothing\"", "nothing")]
    [InlineData("null", null)]
    public void A_finish_reason_is_a_word(string json, string? word) =>
        Reading.OfChoice($"\"finish_reason\": {json}").Chunk.FinishReason?.Value.Should().Be(word);

    [Theory]
    [InlineData("\"</s>\"", "</s>")]
    [InlineData("\"\\n\"", "\n")]
    [InlineData("128009", "128009")]
    [InlineData("\"\"", null)]
    [InlineData("null", null)]
    [InlineData("true", null)]
    [InlineData("[1]", null)]
    [InlineData("{}", null)]
    public void A_stop_reason_is_a_text_or_a_number(string json, string? reason) =>
        Reading.OfChoice($"\"finish_reason\": \"stop\", \"stop_reason\": {json}").Chunk.StopReason.Should().Be(reason);

    [Fact]
    public void Log_probabilities_are_read()
    {
        IReadOnlyList<TokenLogprob>? logprobs = Reading.OfChoice("""
              "logprobs": {"content": [{"token": "Hel", "logprob": -0.5, "bytes": [72, 101, 108], "top_logprobs": [{"token": "Hal", "logprob": -9999.0, "bytes": null}]}], "refusal": null}
            """).Chunk.Logprobs;

        logprobs!.Should().BeEquivalentTo([new TokenLogprob
        {
            Token = "Hel",
            Logprob = -0.5,
            Bytes = [72, 101, 108],
            Top = [new TokenLogprob { Token = "Hal", Logprob = -9999 }],
        }]);
    }

    [Fact]
    public void Token_ids_are_read()
    {
        Reading.OfChoice("""  "token_ids": [1.0, 2, 2.5, "3", 1e99, -1] """).Chunk.TokenIds.Should().Equal(1, 2, -1);
        Reading.OfChoice("""  "token_ids": [1, 2] """).Chunk.TokenIds.Should().Equal(1, 2);
        Reading.Of("""{"choices": [{}], "prompt_token_ids": [3, 4]}""").Chunk.PromptTokenIds.Should().Equal(3, 4);
        Reading.Of("""{"prompt_token_ids": [3, 4]}""").Chunk.PromptTokenIds.Should().Equal(3, 4);
    }

    [Fact]
    public void What_the_chunks_repeat_is_read_once()
    {
        Reading read = Reading.Of("""{"id": "a", "model": "granite"}""");
        string model = read.Reader.Model!;

        read.Then("""{"id": "a", "model": "granite"}""").Reader.Model.Should().BeSameAs(model);
        read.Reader.IdHasChanged.Should().BeFalse();
    }

    [Theory]
    [InlineData("""{"id": "b"}""", true)]
    [InlineData("""{"id": "\u0061"}""", false)]
    [InlineData("""{"id": ""}""", false)]
    [InlineData("""{"id": null}""", false)]
    [InlineData("""{"id": 7}""", false)]
    [InlineData("{}", false)]
    public void Another_id_is_noticed(string next, bool hasChanged) =>
        Reading.Of("""{"id": "a"}""").Then(next).Reader.IdHasChanged.Should().Be(hasChanged);

    [Theory]
    [InlineData("""{"error": {"message": "boom", "code": 500}}""", "boom")]
    [InlineData("""{"error": "boom"}""", "boom")]
    [InlineData("""{"object": "error", "message": "boom", "code": 400}""", "boom")]
    [InlineData("""{"detail": "boom"}""", "boom")]
    [InlineData("""{"error_type": "overloaded", "message": "boom"}""", "boom")]
    [InlineData("""{"choices": [{"delta": {"content": "a"}}], "error": {"message": "boom"}}""", "boom")]
    [InlineData("""{"choices": [], "error": null}""", null)]
    [InlineData("""{"object": "chat.completion.chunk", "choices": []}""", null)]
    public void An_event_may_be_an_error(string json, string? message) => Reading.Of(json).Reader.Error?.Message.Should().Be(message);

    [Fact]
    public void An_error_is_forgotten_with_its_event() => Reading.Of("""{"error": "boom"}""").Then("{}").Reader.Error.Should().BeNull();

    [Theory]
    [InlineData("""{"code": 502, "message": "upstream"}""", "upstream")]
    [InlineData("\"upstream\"", "upstream")]
    public void A_choice_may_have_an_error_of_its_own(string json, string message)
    {
        ChunkReader reader = Reading.OfChoice($"\"index\": 1, \"delta\": {{}}, \"error\": {json}").Reader;

        reader.Error.Should().BeNull();
        reader.ChoiceErrors.Should().ContainSingle().Which.Should().Match<(int Choice, ServerError Error)>(it => it.Choice == 1 && it.Error.Message == message);
    }

    [Fact]
    public void A_choice_without_an_error_has_none() => Reading.OfChoice("""  "error": null """).Reader.ChoiceErrors.Should().BeEmpty();

    [Fact]
    public void Two_events_glued_together_are_read_one_by_one()
    {
        const string first = """{"choices": [{"delta": {"content": "a"}}]}""";

        new ChunkReader().Read(Encoding.UTF8.GetBytes(first + "\n" + first)).Should().Be(first.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("[DONE]")]
    [InlineData("<html>")]
    [InlineData("{")]
    [InlineData("{'a': 1}")]
    [InlineData("""{"a": 1,}""")]
    [InlineData("""{"choices": [{"delta": {"content": "a"}]}""")]
    [InlineData("{\"choices\": \"line\nbreak\"}")]
    public void Everything_else_is_refused(string json) =>
        FluentActions.Invoking(() => Reading.Of(json)).Should().Throw<JsonException>();
}
