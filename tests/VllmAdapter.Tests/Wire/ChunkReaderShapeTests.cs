namespace VllmAdapter.Tests.Wire;

/// <summary>The same things in other places than vLLM puts them.</summary>
public sealed class ChunkReaderShapeTests
{
    [Theory]
    [InlineData("""[{"type": "thinking", "thinking": [{"type": "text", "text": "Hmm."}]}]""", "", "Hmm.")] // Mistral (microsoft/agent-framework#6978)
    [InlineData("""[{"type": "thinking", "thinking": "Hmm."}, {"type": "text", "text": "Hello"}]""", "Hello", "Hmm.")]
    [InlineData("""[{"type": "text", "text": "Hello"}, {"type": "thinking", "thinking": [{"text": "Hm"}, {"text": "m."}]}]""", "Hello", "Hmm.")]
    [InlineData("""[{"type": "reasoning", "text": "Hmm."}, {"type": "output_text", "text": "Hello"}]""", "Hello", "Hmm.")]
    [InlineData("""[{"text": "Hmm.", "type": "reasoning"}, {"text": "Hello", "type": "text"}]""", "Hello", "Hmm.")]
    [InlineData("""[{"type": "reasoning", "reasoning": "Hmm."}]""", "", "Hmm.")]
    [InlineData("""[{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hmm."}]}]""", "", "Hmm.")]
    [InlineData("""[{"type": "thinking", "thinking": null}, {"type": "thinking"}]""", "", "")]
    public void Reasoning_parts_of_the_content_are_reasoning(string content, string text, string reasoning)
    {
        ChatChunk chunk = Reading.OfDelta($"\"content\": {content}").Chunk;

        (chunk.Text, chunk.Reasoning).Should().Be((text, reasoning));
    }

    [Fact]
    public void Reasoning_parts_do_not_double_the_reasoning() =>
        Reading.OfDelta("""  "content": [{"type": "thinking", "thinking": "Hmm."}], "reasoning": "Hmm." """).Chunk.Reasoning.Should().Be("Hmm.");

    [Theory]
    [InlineData("""  "delta": {"refusal": "I can't"} """, "I can't")]
    [InlineData("""  "message": {"content": null, "refusal": "I can't"} """, "I can't")]
    [InlineData("""  "delta": {"content": [{"type": "refusal", "refusal": "I can't"}]} """, "I can't")]
    [InlineData("""  "delta": {"refusal": null} """, "")]
    [InlineData("""  "delta": {"refusal": ""} """, "")]
    [InlineData("""  "delta": {"content": "a"} """, "")]
    public void What_the_model_declines_with_is_read(string fields, string refusal) =>
        Reading.OfChoice(fields).Chunk.Refusal.Should().Be(refusal); // mozilla-ai/any-llm#1359

    [Theory]
    [InlineData("""  "text": "", "delta": {"content": "a"} """, "a")]
    [InlineData("""  "delta": {"content": "a"}, "text": "" """, "a")]
    [InlineData("""  "delta": {"content": "a"}, "text": null """, "a")]
    [InlineData("""  "delta": {"content": "a"}, "text": "b" """, "a")]
    [InlineData("""  "text": "b", "delta": {"content": "a"} """, "a")]
    [InlineData("""  "message": {"content": "b"}, "delta": {"content": "a"} """, "a")]
    [InlineData("""  "delta": {"content": "a"}, "message": {"content": ""} """, "a")]
    [InlineData("""  "delta": {"content": ""}, "message": {"content": "b"} """, "b")]
    [InlineData("""  "delta": {}, "message": {"content": null}, "text": "c" """, "c")]
    [InlineData("""  "delta": {}, "delta": {"content": "a"} """, "a")]
    [InlineData("""  "delta": {"content": "a"}, "delta": {} """, "a")]
    public void The_delta_counts_before_the_message_and_that_before_the_text(string fields, string text) =>
        Reading.OfChoice(fields).Chunk.Text.Should().Be(text);

    [Fact]
    public void A_whole_message_on_the_last_chunk_repeats_what_came() // microsoft/foundry-local#144
    {
        Reading read = Reading.OfDelta("""  "content": "Hello", "reasoning": "Hm", "tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}] """)
            .Then("""
                {"choices": [{"delta": {}, "finish_reason": "stop", "message": {"content": "Hello", "reasoning": "Hm", "refusal": "no",
                  "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}}]}
                """);

        (read.Chunk.Text, read.Chunk.Reasoning, read.Chunk.Refusal, read.Chunk.ToolCallDeltas.Count, read.Chunk.FinishReason)
            .Should().Be(("", "", "no", 0, FinishReason.Stop));
    }

    [Fact]
    public void A_whole_message_where_nothing_came_before_is_the_answer() =>
        Reading.OfDelta("""  "role": "assistant", "content": "" """)
            .Then("""{"choices": [{"delta": {}, "message": {"content": "Hello", "tool_calls": [{"id": "a"}]}}]}""")
            .Chunk.Should().Match<ChatChunk>(chunk => chunk.Text == "Hello" && chunk.ToolCallDeltas.Count == 1);

    [Fact]
    public void Text_that_came_for_one_choice_does_not_hide_the_message_of_another() =>
        Reading.OfChoice("""  "index": 0, "delta": {"content": "a"} """)
            .Then("""{"choices": [{"index": 1, "message": {"content": "b"}}]}""").Chunk.Text.Should().Be("b");

    [Fact]
    public void A_message_on_every_chunk_is_a_delta() =>
        Reading.OfChoice("""  "message": {"content": "Hel"} """).Then("""{"choices": [{"message": {"content": "lo"}}]}""").Chunk.Text.Should().Be("lo");

    [Theory]
    [InlineData("""{"choices": {"delta": {"content": "a"}}}""")]
    [InlineData("""{"choices": [{"delta": {"content": {"type": "text", "text": "a"}}}]}""")]
    [InlineData("""{"choices": {"delta": {"content": [{"text": {"text": "a"}}]}}}""")]
    public void One_object_stands_for_a_list_of_one(string json) => Reading.Of(json).Chunk.Text.Should().Be("a");

    [Theory]
    [InlineData("""{"choices": [{"delta": {}, "usage": {"prompt_tokens": 9, "completion_tokens": 2}}]}""", 9, 2)] // earendil-works/pi#2017
    [InlineData("""{"choices": [{"usage": {"prompt_tokens": 9, "completion_tokens": 2}}], "usage": null}""", 9, 2)]
    [InlineData("""{"choices": [{"usage": {"prompt_tokens": 9, "completion_tokens": 2}}], "usage": {"prompt_tokens": 8, "completion_tokens": 3}}""", 8, 3)]
    [InlineData("""{"usage": {"prompt_tokens": 8, "completion_tokens": 3}, "choices": [{"usage": {"prompt_tokens": 9, "completion_tokens": 2}}]}""", 8, 3)]
    [InlineData("""{"choices": [{"index": 0, "usage": {"prompt_tokens": 9, "completion_tokens": 2}}, {"index": 1, "usage": {"prompt_tokens": 9, "completion_tokens": 3}}]}""", 9, 5)]
    public void Usage_may_stand_inside_the_choice(string json, int prompt, int completion)
    {
        ChunkReader reader = Reading.Of(json).Reader;

        reader.Usage.Should().Be(new TokenUsage { PromptTokens = prompt, CompletionTokens = completion });
        reader.Chunks[^1].Usage.Should().NotBeNull();
    }

    /// <summary>It goes back under the name that it came with (BerriAI/litellm#26501).</summary>
    [Theory]
    [InlineData("reasoning", null)]
    [InlineData("reasoning_content", "reasoning_content")]
    [InlineData("reasoning\":\"Hm.\",\"reasoning_content", null)]
    public async Task The_older_name_of_reasoning_is_kept(string name, string? kept)
    {
        Played played = await Played.RunAsync($$$"""
            data: {"choices":[{"index":0,"delta":{"{{{name}}}":"Hm."}}]}

            data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}

            data: [DONE]


            """);

        (played.Completion!.Reasoning, played.Completion.Choices[0].ReasoningName).Should().Be(("Hm.", kept));
    }
}
