namespace VllmAdapter.Tests.EvidenceOfChoices;

/// <summary>Events in, evidence out: what was declared, delivered and counted, and for whom.</summary>
public sealed class StreamEvidenceTests
{
    private const string Role = """{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]%}""";
    private const string Text = """{"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": null}]%}""";
    private const string Stop = """{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]%}""";
    private const string StopWithText = """{"choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": "stop"}]%}""";
    private const string Empty = """{"choices": [{"index": 0, "delta": {}, "finish_reason": null}]%}""";
    private const string NoChoice = """{"choices": []%}""";

    private static readonly RequestEvidence One = new();
    private static readonly RequestEvidence Two = new() { ChoiceCount = 2 };

    private static StreamEvidence Of(RequestEvidence asked, params string[] events)
    {
        StreamEvidence evidence = new() { Request = asked };
        var reader = new ChunkReader();
        foreach (string json in events)
        {
            reader.Read(System.Text.Encoding.UTF8.GetBytes(json));
            evidence.Fold(reader);
        }

        evidence.Close(reader);
        return evidence;
    }

    // "%" marks where an event carries its usage.
    private static string Counting(string json, int completion, int prompt = 9, int choice = 0) => json
        .Replace("%", $$""", "usage": {"prompt_tokens": {{prompt}}, "completion_tokens": {{completion}} }""", StringComparison.Ordinal)
        .Replace("\"index\": 0", $"\"index\": {choice}", StringComparison.Ordinal);

    private static string Plain(string json, int choice = 0) => json
        .Replace("%", "", StringComparison.Ordinal).Replace("\"index\": 0", $"\"index\": {choice}", StringComparison.Ordinal);

    public static TheoryData<string, string[], int?, bool, int?, bool> CountsOfOneChoice => new()
    {
        { "a trailing usage", [Plain(Text), Plain(Stop), Counting(NoChoice, 2)], 2, true, 2, true },
        { "a trailing usage, nothing declared", [Plain(Text), Counting(NoChoice, 2)], 2, true, 2, false },
        { "a trailing usage on an empty delta after the finish reason (LiteLLM)", [Plain(Text), Plain(Stop), Counting(Empty, 2)], 2, true, 2, true },
        { "usage on an empty delta before the finish reason is not the last", [Plain(Text), Counting(Empty, 2)], 2, false, 2, false },
        { "continuous usage", [Counting(Text, 1), Counting(Text, 2)], 2, false, 2, false },
        { "continuous usage up to the finish reason", [Counting(Text, 1), Counting(Stop, 2)], 2, false, 2, true },
        { "continuous usage up to the finish reason with text", [Counting(Text, 1), Counting(StopWithText, 2)], 2, false, 2, true },
        { "continuous usage that stops before the finish reason", [Counting(Text, 1), Plain(Stop)], 1, false, 1, false },
        { "a count, then late output without one", [Counting(StopWithText, 2), Plain(Text)], 2, false, 2, false },
        { "a count, then late output with one", [Counting(StopWithText, 2), Counting(Text, 3)], 3, false, 3, true },
        { "continuous usage, then the trailing one", [Counting(Text, 1), Counting(Stop, 2), Counting(NoChoice, 2)], 2, true, 2, true },
        { "a role chunk that counts none yet", [Counting(Role, 0)], 0, false, 0, false },
        { "all zeros: missing", [Plain(Role), Counting(NoChoice, 0, prompt: 0)], null, false, null, false },
        { "all zeros after output: missing", [Plain(Text), Plain(Stop), Counting(NoChoice, 0, prompt: 0)], null, false, null, false },
        { "no completion tokens after output: missing", [Plain(Text), Plain(Stop), Counting(NoChoice, 0)], null, false, null, false },
        { "zeros do not undo a count", [Counting(Text, 2), Counting(NoChoice, 0, prompt: 0)], 2, false, 2, false },
        { "a usage before the answer is not the last", [Counting(NoChoice, 2), Plain(Text), Plain(Stop)], 2, false, null, false },
        { "a trailing usage, then late output", [Plain(Text), Plain(Stop), Counting(NoChoice, 2), Plain(Text)], 2, false, 2, false },
        { "no usage", [Plain(Text), Plain(Stop)], null, false, null, false },
        { "usage alone", [Counting(NoChoice, 2)], 2, true, null, false },
        { "the largest count is the choice's", [Counting(Text, 5), Counting(Text, 3)], 3, false, 5, false },
    };

    [Theory]
    [MemberData(nameof(CountsOfOneChoice))]
    public void One_choice_is_counted(string name, string[] events, int? used, bool isFinal, int? ofTheChoice, bool atTheEnd)
    {
        StreamEvidence evidence = Of(One, events);
        ChoiceEvidence? choice = evidence.Choices.SingleOrDefault();

        (evidence.Usage?.CompletionTokens, evidence.UsageIsFinal).Should().Be((used, isFinal), name);
        (choice?.CompletionTokens, choice?.IsCountedAtEnd ?? false).Should().Be((ofTheChoice, atTheEnd), name);
    }

    public static TheoryData<string, string[], int?, int?, bool, long> CountsOfTwoChoices => new()
    {
        { "continuous usage counts each choice", [Counting(Text, 3), Counting(Text, 5, choice: 1), Counting(Text, 4)], 4, 5, false, 9 },
        { "the trailing usage is a sum", [Plain(Text), Plain(Text, 1), Counting(NoChoice, 68)], null, null, true, 68 },
        { "the trailing usage on an empty delta is a sum (LiteLLM)", [Plain(Text), Plain(Text, 1), Plain(Stop), Counting(Empty, 68)], null, null, true, 68 },
        { "usage on an empty delta of a choice that has not finished may be a sum too", [Plain(Text), Plain(Text, 1), Counting(Empty, 68)], null, null, false, 68 },
        { "a finish reason's usage is its choice's", [Counting(Stop, 3), Counting(Stop, 5, choice: 1)], 3, 5, false, 8 },
        { "usage of an event with both choices is nobody's", [
            """{"choices": [{"index": 0, "delta": {"content": "a"}}, {"index": 1, "delta": {"content": "b"}}], "usage": {"prompt_tokens": 9, "completion_tokens": 8}}"""], null, null, false, 8 },
        { "an undercounted sum does not undercut what the choices counted (vLLM 0.8.5)", [Counting(Stop, 5), Counting(Stop, 5, choice: 1), Counting(NoChoice, 8)], 5, 5, true, 10 },
    };

    [Theory]
    [MemberData(nameof(CountsOfTwoChoices))]
    public void Two_choices_are_counted_apart_or_not_at_all(string name, string[] events, int? first, int? second, bool isFinal, long counted)
    {
        StreamEvidence evidence = Of(Two, events);

        (evidence.ChoiceAt(0).CompletionTokens, evidence.ChoiceAt(1).CompletionTokens, evidence.UsageIsFinal, evidence.CountedTokens)
            .Should().Be((first, second, isFinal, counted), name);
    }

    [Fact]
    public void A_second_choice_that_nobody_asked_for_makes_the_usage_a_sum()
    {
        StreamEvidence evidence = Of(One, Plain(Text), Plain(Text, 1), Counting(NoChoice, 68));

        evidence.Choices.Select(choice => choice.CompletionTokens).Should().HaveCount(2).And.OnlyContain(count => count == null);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, null)]
    public void The_usage_of_a_whole_reply_is_final_and_that_of_a_single_choice(int asked, int? ofTheChoice)
    {
        StreamEvidence evidence = new() { Request = new RequestEvidence { ChoiceCount = asked } };
        evidence.HeadersCame(TimeSpan.FromSeconds(1));
        evidence.IsOneWhole();
        var reader = new ChunkReader();
        reader.Read("""{"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}"""u8);
        evidence.Fold(reader);

        (evidence.UsageIsFinal, evidence.Choices.Single().CompletionTokens, evidence.HeadersAt).Should().Be((true, ofTheChoice, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void What_was_delivered_is_measured()
    {
        ChoiceEvidence choice = Of(One, Plain(Role), Plain(Text), """{"choices": [{"delta": {"reasoning": "Hm"}}]}""", Plain(Text)).Choices.Single();

        (choice.TextLength, choice.ReasoningLength, choice.Chunks, choice.HasOutput, choice.HasLateOutput).Should().Be((10, 2, 4, true, false));
    }

    [Theory]
    [InlineData("\"content\": \"\"", false)]
    [InlineData("\"content\": \"a\"", true)]
    [InlineData("\"reasoning\": \"a\"", true)]
    [InlineData("\"tool_calls\": []", false)]
    [InlineData("\"tool_calls\": [{\"index\": 0}]", true)]
    public void Output_after_the_finish_reason_is_late(string delta, bool isLate) =>
        Of(One, Plain(Stop), $$"""{"choices": [{"index": 0, "delta": { {{delta}} } }]}""").Choices.Single().HasLateOutput.Should().Be(isLate);

    [Fact]
    public void The_text_of_the_finish_chunk_is_not_late() => Of(One, Plain(StopWithText)).Choices.Single().HasLateOutput.Should().BeFalse();

    [Fact]
    public void Every_reason_is_kept_once_and_in_order()
    {
        ChoiceEvidence choice = Of(One, Plain(Stop), Plain(Stop), Plain(Stop).Replace("stop", "length", StringComparison.Ordinal)).Choices.Single();

        choice.Declared.Should().Equal(FinishReason.Stop, FinishReason.Length);
    }

    [Fact]
    public void What_stopped_a_choice_is_kept() =>
        Of(One, """{"choices": [{"finish_reason": "stop", "stop_reason": 7}]}""", Plain(Empty)).Choices.Single().StopReason.Should().Be("7");

    [Fact]
    public void An_error_of_a_choice_is_kept_with_it_and_the_first_counts()
    {
        StreamEvidence evidence = Of(Two, """{"choices": [{"index": 1, "error": "boom"}]}""", """{"choices": [{"index": 1, "error": "bang"}]}""");

        evidence.ChoiceAt(1).Error!.Message.Should().Be("boom");
        evidence.ChoiceAt(0).Error.Should().BeNull();
        evidence.Error.Should().BeNull();
    }

    [Theory]
    [InlineData(1, new[] { "stop" }, true)]
    [InlineData(1, new string?[] { null }, false)]
    [InlineData(2, new[] { "stop" }, false)]
    [InlineData(2, new[] { "stop", null }, false)]
    [InlineData(2, new[] { "stop", "length" }, true)]
    [InlineData(1, new[] { "stop", null }, false)]
    [InlineData(0, new string?[0], false)]
    public void Every_choice_has_declared_or_not(int asked, string?[] words, bool everyOne)
    {
        StreamEvidence evidence = new()
        {
            Request = new RequestEvidence { ChoiceCount = asked },
            Choices = [.. words.Select((word, index) => new ChoiceEvidence { Index = index, Declared = word is null ? [] : [new FinishReason(word)] })],
        };

        evidence.EveryChoiceDeclared.Should().Be(everyOne);
    }

    [Fact]
    public void Events_that_are_no_chunks_are_not_counted_as_chunks()
    {
        StreamEvidence evidence = new();
        var reader = new ChunkReader();
        evidence.At(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2), sinceFinish: null);
        evidence.ObserveEvent(bytes: 20, keepAlives: 1);
        reader.Read("{}"u8);
        evidence.Fold(reader);

        (evidence.Events, evidence.Chunks, evidence.FirstChunkAt, evidence.Bytes, evidence.KeepAlives).Should().Be((1, 0, null, 20L, 1));
    }

    [Fact]
    public void The_first_and_the_last_chunk_have_their_times()
    {
        StreamEvidence evidence = new();
        var reader = new ChunkReader();
        reader.Read("""{"choices": [{"delta": {"content": "a"}}]}"""u8);
        foreach (int second in new[] { 1, 2, 5 })
        {
            evidence.At(TimeSpan.FromSeconds(second), TimeSpan.Zero, sinceFinish: null);
            evidence.Fold(reader);
        }

        (evidence.Chunks, evidence.FirstChunkAt, evidence.LastChunkAt).Should().Be((3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Choices_are_found_in_whatever_order_they_came()
    {
        StreamEvidence evidence = Of(Two, Plain(Text, 3), Plain(Text, 0), Plain(Text, 3), Plain(Text, 0), Plain(Text, 1));

        evidence.Choices.Select(choice => (choice.Index, choice.Chunks)).Should().Equal((3, 2), (0, 2), (1, 1));
    }

    [Fact]
    public void What_the_whole_stream_had_in_common_is_kept()
    {
        StreamEvidence evidence = Of(One, """{"id": "a", "model": "m", "system_fingerprint": "f", "choices": 7}""", """{"id": "b", "choices": [{"delta": {"content": "\ufffd"}}]}""");

        (evidence.ResponseId, evidence.HasChangedResponseId, evidence.Model, evidence.SystemFingerprint, evidence.Oddities, evidence.TextIsLossy)
            .Should().Be(("b", true, "m", "f", 1, true));
    }

    [Fact]
    public void The_first_fault_is_the_one_that_counts()
    {
        StreamEvidence evidence = new();
        evidence.Cut(new IOException("The response ended.", new IOException("Connection reset.")));
        evidence.Cut(new IOException("Later."));
        evidence.End(BodyEnd.InOrder);
        evidence.Malform("first");
        evidence.Malform("second");
        evidence.Fail(new ServerError { Message = "first" });
        evidence.Fail(new ServerError { Message = "second" });
        evidence.KeepUnread("first");
        evidence.KeepUnread("second");

        (evidence.TransportError, evidence.BodyEnd, evidence.Malformation, evidence.Error!.Message, evidence.UnreadText)
            .Should().Be(("The response ended. Connection reset.", BodyEnd.Cut, "first", "first", "first"));
        evidence.Fault!.Message.Should().Be("The response ended.");
    }

    [Fact]
    public void A_body_that_has_ended_is_not_cut_any_more()
    {
        StreamEvidence evidence = new();
        evidence.End(BodyEnd.InsideEvent);
        evidence.Cut(new IOException("Later."));

        (evidence.BodyEnd, evidence.TransportError).Should().Be((BodyEnd.InsideEvent, "Later."));
    }

    [Fact]
    public void A_fault_says_the_same_only_once()
    {
        StreamEvidence evidence = new();
        evidence.Cut(new IOException("The response ended: Connection reset.", new IOException("Connection reset.")));

        evidence.TransportError.Should().Be("The response ended: Connection reset.");
    }

    [Fact]
    public void A_sentinel_is_the_end_only_if_the_policy_says_so_and_stays_it()
    {
        StreamEvidence evidence = new();
        evidence.ObserveSentinel("[PING]", isSentinel: false);
        evidence.SentinelSeen.Should().BeFalse();

        evidence.ObserveSentinel("[DONE]", isSentinel: true);
        evidence.ObserveSentinel("[PING]", isSentinel: false);
        (evidence.SentinelText, evidence.SentinelSeen).Should().Be(("[PING]", true));
    }

    /// <summary>What a policy would keep: the choices of the copy do not go on changing.</summary>
    [Fact]
    public void A_copy_is_a_moment_that_stays()
    {
        StreamEvidence evidence = new();
        var reader = new ChunkReader();
        reader.Read("""{"choices": [{"delta": {"content": "a"}}]}"""u8);
        evidence.Fold(reader);
        StreamEvidence copy = evidence with { };
        reader.Read("""{"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}, {"index": 1, "delta": {"content": "c"}}]}"""u8);
        evidence.Fold(reader);

        (copy.Chunks, copy.Choices.Count, copy.Choices[0].Chunks, copy.Choices[0].HasDeclared).Should().Be((1, 1, 1, false));
        (evidence.Chunks, evidence.Choices.Count, evidence.Choices[0].Chunks, evidence.Choices[0].HasDeclared).Should().Be((2, 2, 2, true));
        copy.ChoiceAt(7);
        evidence.Choices.Should().HaveCount(2, "what is added to the copy is the copy's");
    }

    [Fact]
    public void Evidence_is_equal_if_all_that_was_observed_is()
    {
        new StreamEvidence().Should().Be(new StreamEvidence());
        Seen("stop").Should().Be(Seen("stop")).And.NotBe(Seen("length"));
        (Seen("stop") with { Chunks = 2 }).Should().NotBe(Seen("stop"));

        static StreamEvidence Seen(string word) => new() { Choices = [new ChoiceEvidence { TextLength = 1, Declared = [new FinishReason(word)] }], Chunks = 1 };
    }

    [Fact]
    public void Choices_are_found_by_their_index_however_many_there_are_and_in_whatever_order()
    {
        StreamEvidence evidence = new();
        int[] indexes = [5, 0, int.MaxValue, 3, 1, 5, 0];
        foreach (int index in indexes)
            evidence.ChoiceAt(index).Index.Should().Be(index);

        evidence.Choices.Select(choice => choice.Index).Should().Equal(5, 0, int.MaxValue, 3, 1);
    }

    [Fact]
    public void A_server_that_declares_ever_new_reasons_is_believed_the_first_of_them()
    {
        StreamEvidence evidence = new();
        var reader = new ChunkReader();
        for (int word = 0; word < 100; word++)
        {
            reader.Read(System.Text.Encoding.UTF8.GetBytes($$$"""{"choices": [{"delta": {}, "finish_reason": "word{{{word}}}"}]}"""));
            evidence.Fold(reader);
        }

        evidence.Choices[0].Declared.Should().HaveCount(16);
    }
}
