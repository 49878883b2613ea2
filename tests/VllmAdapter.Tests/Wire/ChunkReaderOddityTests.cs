using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Wire;

/// <summary>JSON that no server should send, and some do: nothing of it may throw, and nothing that can be read may be lost.</summary>
public sealed class ChunkReaderOddityTests
{
    private const string Full = """
        {"id": "a", "object": "chat.completion.chunk", "created": 1, "model": "m", "system_fingerprint": "f", "prompt_token_ids": [1], "service_tier": null,
         "choices": [{"index": 0, "finish_reason": "stop", "stop_reason": "s", "token_ids": [1], "text": "", "error": null,
           "delta": {"role": "assistant", "content": "a", "reasoning": "b", "reasoning_content": "b", "refusal": null,
             "function_call": null,
             "tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
           "logprobs": {"content": [{"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": [{"token": "a", "logprob": -1, "bytes": [97]}]}]}}],
         "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2,
           "prompt_tokens_details": {"cached_tokens": 1, "created_cache_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 1}},
         "error": null, "detail": null, "error_type": null}
        """;

    private static readonly string[] Odd =
    [
        "null", "true", "false", "0", "-1", "1.5", "1e400", "-1e400", "99999999999999999999", "\"\"", "\"x\"", "\"7\"", "[]", "[null]", "[[]]", "[7, \"x\"]",
        "{}", "{\"x\": {}}", "\"\\ud83d\"", "\"st\\ud83d\"", "\"\\u0000\"",
    ];

    public static TheoryData<string> Fields => [.. PathsIn(JsonNode.Parse(Full)!)];

    [Theory]
    [MemberData(nameof(Fields))]
    public void Any_field_may_hold_anything(string path)
    {
        foreach (string odd in Odd)
        {
            string json = Substitute(path, odd);

            FluentActions.Invoking(() => Reading.Of(json)).Should().NotThrow($"{path} may be {odd}");
        }
    }

    [Theory]
    [InlineData("\"content\": 7", "7")]
    [InlineData("\"content\": true", "true")]
    [InlineData("\"content\": {\"x\": 1}", "")]
    public void Text_of_another_type_is_odd(string field, string text)
    {
        Reading read = Reading.OfDelta(field);

        (read.Chunk.Text, read.Reader.Oddities).Should().Be((text, 1));
    }

    [Theory]
    [InlineData("""{"choices": {}}""", 1)]
    [InlineData("""{"choices": null}""", 0)]
    [InlineData("""{"choices": [7, null, []]}""", 2)]
    [InlineData("""{"usage": 7}""", 1)]
    [InlineData("""{"usage": null}""", 0)]
    [InlineData("""{"choices": [{"delta": "x"}]}""", 1)]
    [InlineData("""{"choices": [{"delta": null}]}""", 0)]
    [InlineData("""{"choices": [{"finish_reason": 7}]}""", 1)]
    [InlineData("""{"choices": [{"index": -1}]}""", 1)]
    [InlineData("""{"choices": [{"index": null}]}""", 0)]
    [InlineData("""{"choices": [{"delta": {"tool_calls": {}}}]}""", 1)]
    [InlineData("""{"choices": [{"delta": {"tool_calls": [7]}}]}""", 1)]
    [InlineData("""{"choices": [{"delta": {"tool_calls": [{"function": "f"}]}}]}""", 1)]
    [InlineData("""{"unknown": {"deep": [1, {"x": null}]}, "choices": [{"unknown": 7, "delta": {"unknown": []}}]}""", 0)]
    public void Odd_fields_are_counted_and_null_and_unknown_ones_are_not(string json, int oddities) =>
        Reading.Of(json).Reader.Oddities.Should().Be(oddities);

    [Fact]
    public void Oddities_add_up_over_a_stream() => Reading.Of("""{"choices": 7}""").Then("""{"choices": 7}""").Reader.Oddities.Should().Be(2);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("3", 3)]
    [InlineData("3.0", 3)]
    [InlineData("\"3\"", 3)]
    [InlineData("null", 0)]
    [InlineData("-1", 0)]
    [InlineData("99999999999", 0)]
    [InlineData("true", 0)]
    [InlineData("[3]", 0)]
    public void An_index_that_is_no_index_is_that_of_the_first_choice(string json, int choice) =>
        Reading.OfChoice($"\"index\": {json}, \"delta\": {{\"content\": \"a\"}}").Chunk.ChoiceIndex.Should().Be(choice);

    [Fact]
    public void A_choice_without_an_index_is_the_first() => Reading.OfDelta("\"content\": \"a\"").Chunk.ChoiceIndex.Should().Be(0);

    [Theory]
    [InlineData("""  "prompt_tokens": 9, "completion_tokens": 2 """, 9, 2)]
    [InlineData("""  "prompt_tokens": 9.0, "completion_tokens": 2.0 """, 9, 2)]
    [InlineData("""  "prompt_tokens": "9", "completion_tokens": "2" """, 9, 2)]
    [InlineData("""  "prompt_tokens": 0, "completion_tokens": 0 """, 0, 0)]
    [InlineData("""  "prompt_tokens": 9, "completion_tokens": -2 """, 9, 0)]
    [InlineData("""  "prompt_tokens": 9, "completion_tokens": "two" """, 9, 0)]
    [InlineData("""  "prompt_tokens": 9, "completion_tokens": 99999999999 """, 9, 0)]
    [InlineData("""  "prompt_tokens": 9, "completion_tokens": 2147483647 """, 9, 0)]
    [InlineData("""  "prompt_tokens": 9, "completion_tokens": "2147483647" """, 9, 0)]
    [InlineData("""  "prompt_tokens": 9, "completion_tokens": 1e999 """, 9, 0)]
    [InlineData("""  "prompt_tokens": 9, "total_tokens": 11 """, 9, 2)]
    [InlineData("""  "completion_tokens": 2, "total_tokens": 11 """, 9, 2)]
    [InlineData("""  "completion_tokens": 2, "total_tokens": 1 """, 0, 2)]
    [InlineData("""  "completion_tokens": 2 """, 0, 2)]
    public void Usage_is_read_as_far_as_it_can_be(string fields, int prompt, int completion)
    {
        TokenUsage? usage = Reading.Of($$"""{"usage": { {{fields}} } }""").Reader.Usage;

        (usage?.PromptTokens, usage?.CompletionTokens).Should().Be((prompt, completion));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"prompt_tokens": null, "completion_tokens": null, "total_tokens": 9}""")]
    [InlineData("""{"prompt_tokens": [], "completion_tokens": {}}""")]
    [InlineData("\"none\"")]
    public void Usage_that_counts_nothing_is_none(string json) => Reading.Of($$"""{"usage": {{json}}}""").Reader.Usage.Should().BeNull();

    [Fact]
    public void A_second_usage_that_is_no_usage_does_not_hide_the_first() =>
        Reading.Of("""{"usage": {"prompt_tokens": 9, "completion_tokens": 2}, "usage": null}""").Reader.Usage!.CompletionTokens.Should().Be(2);

    [Fact]
    public void Of_a_field_given_twice_the_last_counts()
    {
        ChatChunk chunk = Reading.OfChoice("""  "index": 1, "index": 2, "delta": {"content": "a", "content": "b"}, "finish_reason": "stop", "finish_reason": "length" """).Chunk;

        (chunk.ChoiceIndex, chunk.Text, chunk.FinishReason).Should().Be((2, "b", FinishReason.Length));
    }

    [Fact]
    public void Names_may_be_escaped()
    {
        ChatChunk chunk = Reading.Of("""{"\u0063hoices": [{"d\u0065lta": {"c\u006fntent": "a"}, "finish\u005freason": "stop"}]}""").Chunk;

        (chunk.Text, chunk.FinishReason).Should().Be(("a", FinishReason.Stop));
    }

    [Fact]
    public void Names_of_half_a_character_are_unknown_ones() =>
        Reading.Of("""{"\ud83d": 1, "choices": [{"\ude00": 1, "delta": {"\ud83d": 1, "content": "a"}}]}""").Chunk.Text.Should().Be("a");

    [Theory]
    [InlineData(new byte[] { 0xff })]
    [InlineData(new byte[] { 0xc3 })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    public void Bytes_that_are_not_utf8_become_the_replacement_character(byte[] bytes)
    {
        var reader = new ChunkReader();
        reader.Read([.. """{"choices": [{"delta": {"content": "a"""u8, .. bytes, .. """b\n"}}]}"""u8]);

        reader.Chunks[0].Text.Should().StartWith("a\ufffd").And.EndWith("b\n");
        reader.TextIsLossy.Should().BeTrue();
    }

    [Fact]
    public void Text_that_is_utf8_is_not_lossy() => Reading.OfDelta("\"content\": \"é😀\"").Reader.TextIsLossy.Should().BeFalse();

    [Theory]
    [InlineData("""{"id": "?"}""")]
    [InlineData("""{"?": "?"}""")]
    [InlineData("""{"choices": [{"finish_reason": "?", "stop_reason": "?", "logprobs": {"content": [{"token": "?"}]}}]}""")]
    [InlineData("""{"choices": [{"delta": {"tool_calls": [{"id": "?", "function": {"name": "?", "arguments": "?"}}]}}]}""")]
    [InlineData("""{"error": {"message": "?"}}""")]
    [InlineData("""{"usage": {"prompt_tokens": "?"}}""")]
    public void Bytes_that_are_not_utf8_may_be_anywhere(string json)
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(json).Select(letter => letter == '?' ? (byte)0xff : letter)];

        FluentActions.Invoking(() => new ChunkReader().Read(bytes)).Should().NotThrow();
    }

    [Theory]
    [InlineData("""{"choices": [{"delta": {"tool_calls": [{"function": {"arguments": {"?": 1}}}]}}]}""")]
    [InlineData("""{"choices": [{"error": {"message": "?"}}]}""")]
    public void Where_they_cannot_be_passed_over_the_event_is_no_JSON(string json)
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(json).Select(letter => letter == '?' ? (byte)0xff : letter)];

        FluentActions.Invoking(() => new ChunkReader().Read(bytes)).Should().Throw<JsonException>();
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(100_000, false)]
    public void Deep_nesting_is_read_or_refused(int depth, bool isRead)
    {
        string json = $$$"""{"x": {{{new string('[', depth)}}}{{{new string(']', depth)}}}, "choices": [{"delta": {"content": "a"}}]}""";

        if (isRead)
            Reading.Of(json).Chunk.Text.Should().Be("a");
        else
            FluentActions.Invoking(() => Reading.Of(json)).Should().Throw<JsonException>();
    }

    [Fact]
    public void No_beginning_of_an_event_is_taken_for_the_whole()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Full.Trim());
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] beginning = whole[..length];
            FluentActions.Invoking(() => new ChunkReader().Read(beginning)).Should().Throw<JsonException>();
        }

        new ChunkReader().Read(whole).Should().Be(whole.Length);
    }

    [Fact]
    public void Any_byte_may_be_any_other()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Full);
        var random = new Random(20_261_122);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. whole];
            for (int i = random.Next(1, 4); i > 0; i--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);

            try
            {
                new ChunkReader().Read(damaged);
            }
            catch (JsonException)
            {
                // The only thing that a reader may throw.
            }
        }
    }

    [Fact]
    public void What_an_event_holds_does_not_depend_on_the_event_before()
    {
        byte[] piece = Encoding.UTF8.GetBytes("""
            {"id":"a","choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}],"usage":{"prompt_tokens":9,"total_tokens":21,"completion_tokens":12}}
            """);
        var random = new Random(20_261_122);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. piece];
            damaged[random.Next(damaged.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : random.Next('0', ':'));
            var later = new ChunkReader();
            later.Read(piece);

            Describe(later, damaged).Should().Be(Describe(new ChunkReader(), damaged), Encoding.Latin1.GetString(damaged));
        }
    }

    private static string Describe(ChunkReader reader, byte[] json)
    {
        try
        {
            reader.Read(json);
            return string.Join(" | ", reader.Chunks.Select(chunk => $"{chunk.ChoiceIndex} {chunk.Text} {chunk.Reasoning} {chunk.FinishReason} {chunk.Usage}"))
                + $" {reader.Usage} {reader.Error?.Message} {reader.TextIsLossy}";
        }
        catch (JsonException)
        {
            return "no JSON";
        }
    }

    // The value at the path is replaced by text, so that JSON may stand there which no JsonNode can hold.
    private static string Substitute(string path, string odd)
    {
        JsonNode whole = JsonNode.Parse(Full)!;
        string[] steps = path.Split('/');
        JsonNode at = whole;
        foreach (string step in steps[..^1])
            at = at is JsonArray ? at[int.Parse(step)]! : at[step]!;

        if (at is JsonArray array)
            array[int.Parse(steps[^1])] = "here";
        else
            at[steps[^1]] = "here";

        return whole.ToJsonString().Replace("\"here\"", odd, StringComparison.Ordinal);
    }

    private static IEnumerable<string> PathsIn(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(field => PathsIn(field.Value).Select(path => $"{field.Key}/{path}").Prepend(field.Key)),
        JsonArray array => array.SelectMany((entry, index) => PathsIn(entry).Select(path => $"{index}/{path}").Prepend($"{index}")),
        _ => [],
    };
}
