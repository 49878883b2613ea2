using System.Text.Json.Nodes;

namespace VllmAdapter.Testing.Tests;

/// <summary>What the server adds to a model's words, by version: recorded from servers with the hermes parser.</summary>
public sealed class ModelTests
{
    private const string Weather = """{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}""";

    private const string Named = """{"type":"function","function":{"name":"get_weather"}}""";

    private static readonly ScriptedReply Calling = Script.Model.Calls("get_weather", """{"city": "Paris and its suburbs"}""");

    public static TheoryData<VllmProfile> Profiles() => [.. VllmProfile.All];

    [Theory]
    [MemberData(nameof(Profiles))]
    public async Task Text_is_streamed_token_by_token_and_ends_with_stop_usage_and_the_sentinel(VllmProfile profile)
    {
        Seen seen = await AskAsync(profile, Script.Model.Says("Yes it is."), """ "stream":true,"stream_options":{"include_usage":true} """);

        seen.Text.Should().Be("Yes it is.");
        seen.Reasons.Should().Equal("stop");
        seen.Chunks[^1]["usage"]!["completion_tokens"]!.GetValue<int>().Should().Be(5, "four tokens and the end token");
        seen.Events[^1].Should().Be("[DONE]");
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public async Task Max_tokens_cuts_and_the_last_token_comes_with_the_reason(VllmProfile profile)
    {
        Seen seen = await AskAsync(profile, Script.Model.Says("one two three"), """ "stream":true,"stream_options":{"include_usage":true},"max_tokens":2 """);

        seen.Text.Should().Be("one two");
        JsonNode last = seen.Chunks[^2]["choices"]![0]!;
        ((string?)last["delta"]!["content"]).Should().Be(" two");
        ((string?)last["finish_reason"]).Should().Be("length");
        seen.Chunks[^1]["usage"]!["completion_tokens"]!.GetValue<int>().Should().Be(2);
    }

    [Theory]
    [InlineData(3, "length", 3)]
    [InlineData(4, "stop", 4)]
    public async Task The_end_token_needs_room_of_its_own(int maxTokens, string reason, int completion)
    {
        Seen seen = await AskAsync(VllmProfile.V0_32, Script.Model.Says("one two now"), $"\"max_completion_tokens\":{maxTokens}");

        ((string?)seen.Json["choices"]![0]!["finish_reason"]).Should().Be(reason);
        seen.Json["usage"]!["completion_tokens"]!.GetValue<int>().Should().Be(completion);
    }

    [Theory]
    [InlineData(false, "alpha beta ")]
    [InlineData(true, "alpha beta STOP")]
    public async Task A_stop_string_ends_the_answer_and_is_named(bool included, string text)
    {
        Seen seen = await AskAsync(
            VllmProfile.V0_32,
            Script.Model.Says("alpha beta STOP gamma"),
            $"\"stream\":true,\"stop\":[\"nothing\",\"STOP\"],\"include_stop_str_in_output\":{(included ? "true" : "false")}");

        seen.Text.Should().Be(text);
        JsonNode last = seen.Chunks[^1]["choices"]![0]!;
        ((string?)last["finish_reason"]).Should().Be("stop");
        ((string?)last["stop_reason"]).Should().Be("STOP");
    }

    [Fact]
    public async Task Several_choices_interleave_and_are_counted_together()
    {
        Seen seen = await AskAsync(
            VllmProfile.V0_32, Script.Model.Says("one two"), """ "stream":true,"n":2,"stream_options":{"include_usage":true,"continuous_usage_stats":true} """);

        seen.Chunks[..^1].Select(chunk => (int)chunk["choices"]![0]!["index"]!).Should().Equal(0, 1, 0, 1, 0, 1, 0, 1);
        seen.Chunks[..^1].Select(chunk => (int)chunk["usage"]!["completion_tokens"]!).Should().Equal(0, 0, 1, 1, 2, 2, 3, 3);
        seen.Chunks[^1]["usage"]!["completion_tokens"]!.GetValue<int>().Should().Be(6);
        seen.Reasons.Should().Equal("stop", "stop");
    }

    [Theory]
    [InlineData("0.32.0", false)]
    [InlineData("0.20.2", false)]
    [InlineData("0.11.0", true)]
    [InlineData("0.8.5", true)]
    public async Task Stream_options_without_a_word_about_usage_asked_for_it_until_0_17(string version, bool expected)
    {
        Seen seen = await AskAsync(Profile(version), Script.Model.Says("x"), """ "stream":true,"stream_options":{} """);

        (seen.Chunks[^1]["usage"] is not null).Should().Be(expected);
    }

    [Theory]
    [InlineData("0.32.0", "reasoning")]
    [InlineData("0.20.2", "reasoning")]
    [InlineData("0.11.0", "reasoning_content")]
    [InlineData("0.8.5", "reasoning_content")]
    public async Task Reasoning_has_the_name_that_its_version_gave_it(string version, string field)
    {
        Seen streamed = await AskAsync(Profile(version), Script.Model.Reasons("Hm.").Says("4"), """ "stream":true """);
        Seen whole = await AskAsync(Profile(version), Script.Model.Reasons("Hm.").Says("4"), """ "stream":false """);

        string.Concat(streamed.Chunks.Select(chunk => (string?)Seen.Delta(chunk)?[field])).Should().Be("Hm.");
        streamed.Text.Should().Be("4");
        ((string?)whole.Json["choices"]![0]!["message"]![field]).Should().Be("Hm.");
        ((string?)whole.Json["choices"]![0]!["message"]!["content"]).Should().Be("4");
    }

    [Fact]
    public async Task Hidden_reasoning_is_counted_all_the_same()
    {
        Seen seen = await AskAsync(
            VllmProfile.V0_32,
            Script.Model.Reasons("Hm.").Says("4"),
            """ "stream":true,"include_reasoning":false,"stream_options":{"include_usage":true} """);

        seen.Body.Should().NotContain("\"reasoning\"");
        seen.Chunks[^1]["usage"]!["completion_tokens_details"]!["reasoning_tokens"]!.GetValue<int>().Should().Be(2);
        seen.Chunks[^1]["usage"]!["completion_tokens"]!.GetValue<int>().Should().Be(6, "two sentinels, two of reasoning, one of text and the end token");
    }

    // null: no chunk of the stream has a reason at all.
    [Theory]
    [InlineData("0.32.0", "\"auto\"", 200, "tool_calls", "tool_calls")]
    [InlineData("0.32.0", "\"required\"", 200, "tool_calls", "tool_calls")]
    [InlineData("0.32.0", Named, 200, "stop", "stop")]
    [InlineData("0.32.0", "\"auto\"", 22, "length", "length")]
    [InlineData("0.32.0", "\"required\"", 22, "length", "length")]
    [InlineData("0.20.2", "\"auto\"", 200, "tool_calls", "tool_calls")]
    [InlineData("0.20.2", "\"required\"", 200, "tool_calls", "tool_calls")]
    [InlineData("0.20.2", Named, 200, "stop", "stop")]
    [InlineData("0.20.2", "\"auto\"", 22, "tool_calls", "length")]
    [InlineData("0.20.2", Named, 6, "length", "length")]
    [InlineData("0.11.0", "\"auto\"", 200, "tool_calls", "tool_calls")]
    [InlineData("0.11.0", "\"required\"", 200, "tool_calls", "stop")]
    [InlineData("0.11.0", Named, 200, "tool_calls", "stop")]
    [InlineData("0.11.0", "\"auto\"", 22, "tool_calls", "length")]
    [InlineData("0.11.0", Named, 6, "tool_calls", "length")]
    [InlineData("0.8.5", "\"auto\"", 200, "tool_calls", "tool_calls")]
    [InlineData("0.8.5", "\"required\"", 200, null, "stop")]
    [InlineData("0.8.5", Named, 200, "stop", "stop")]
    [InlineData("0.8.5", "\"auto\"", 22, null, "length")]
    [InlineData("0.8.5", "\"auto\"", 27, "tool_calls", "length")]
    [InlineData("0.8.5", "\"required\"", 4, null, "length")]
    [InlineData("0.8.5", Named, 6, "length", "length")]
    public async Task Calls_end_with_the_word_that_the_version_has_for_it(string version, string choice, int maxTokens, string? streamed, string whole)
    {
        string request = $"\"tools\":[{Weather}],\"tool_choice\":{choice},\"max_tokens\":{maxTokens}";
        Seen stream = await AskAsync(Profile(version), Calling, request + ",\"stream\":true");
        Seen reply = await AskAsync(Profile(version), Calling, request);

        stream.Reasons.Should().Equal(streamed is null ? [] : [streamed]);
        ((string?)reply.Json["choices"]![0]!["finish_reason"]).Should().Be(whole);
    }

    [Theory]
    [InlineData("0.32.0", "{\"city\": \"Pari")]
    [InlineData("0.20.2", "{\"city\": \"Pari")]
    [InlineData("0.11.0", "{\"city\": \"Pari\"}")]
    [InlineData("0.8.5", "{\"city\": \"Pari\"}")]
    public async Task A_call_cut_by_max_tokens_looks_whole_where_the_server_closes_it(string version, string arguments)
    {
        ScriptedReply script = Script.Model.Calls("get_weather", """{"city": "Paris"}""");
        int maxTokens = await CountAsync(script) - 12;

        Seen seen = await AskAsync(Profile(version), script, $"\"tools\":[{Weather}],\"stream\":true,\"max_tokens\":{maxTokens}");

        ArgumentsOf(seen).Should().Be(arguments);
    }

    [Theory]
    [InlineData("0.32.0", "{}")]
    [InlineData("0.20.2", "{}")]
    [InlineData("0.11.0", "")]
    [InlineData("0.8.5", "")]
    public async Task A_call_without_arguments_sends_none_in_old_versions(string version, string arguments)
    {
        Seen seen = await AskAsync(Profile(version), Script.Model.Calls("get_weather"), $"\"tools\":[{Weather}],\"stream\":true");

        ArgumentsOf(seen).Should().Be(arguments);
        seen.Reasons.Should().Equal("tool_calls");
    }

    [Fact]
    public async Task A_named_tool_repeats_its_name_and_has_no_id_in_0_8_5()
    {
        Seen seen = await AskAsync(VllmProfile.V0_8, Calling, $"\"tools\":[{Weather}],\"tool_choice\":{Named},\"stream\":true");

        JsonNode[] parts = [.. seen.Chunks.Select(chunk => Seen.Delta(chunk)?["tool_calls"]?[0]).OfType<JsonNode>()];
        parts.Should().HaveCountGreaterThan(3).And.OnlyContain(part => part["id"] == null && (string?)part["function"]!["name"] == "get_weather");
        ArgumentsOf(seen).Should().Be("""{"city": "Paris and its suburbs"}""");
    }

    [Theory]
    [InlineData("\"required\"")]
    [InlineData(Named)]
    public async Task A_forced_choice_makes_a_call_that_fits_the_tool_even_of_a_model_that_only_talks(string choice)
    {
        Seen seen = await AskAsync(VllmProfile.V0_32, Script.Model.Says("I would rather talk."), $"\"tools\":[{Weather}],\"tool_choice\":{choice},\"stream\":true");

        seen.Text.Should().BeEmpty();
        JsonNode.Parse(ArgumentsOf(seen))!["city"].Should().NotBeNull();
    }

    [Fact]
    public async Task Without_tools_the_markup_of_a_call_is_text()
    {
        Seen seen = await AskAsync(VllmProfile.V0_32, Calling, """ "stream":true """);

        seen.Text.Should().StartWith("<tool_call>").And.Contain("Paris");
        seen.Reasons.Should().Equal("stop");
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task Parallel_calls_come_only_if_they_are_allowed(bool allowed, int calls)
    {
        ScriptedReply two = Script.Model.Calls("get_weather", """{"city":"Rome"}""").Calls("get_weather", """{"city":"Oslo"}""");
        string request = $"\"tools\":[{Weather}],\"parallel_tool_calls\":{(allowed ? "true" : "false")}";

        Seen whole = await AskAsync(VllmProfile.V0_32, two, request);
        Seen streamed = await AskAsync(VllmProfile.V0_32, two, request + ",\"stream\":true");

        whole.Json["choices"]![0]!["message"]!["tool_calls"]!.AsArray().Should().HaveCount(calls);
        streamed.Chunks.Select(chunk => (string?)Seen.Delta(chunk)?["tool_calls"]?[0]?["function"]?["name"]).Count(name => name is not null).Should().Be(calls);
    }

    [Fact]
    public async Task A_fault_of_the_script_takes_the_place_of_the_ending()
    {
        (await AskAsync(VllmProfile.V0_32, Script.Model.Says("one two").Cuts(), "\"stream\":true")).End.Should().Be("ResponseEnded");

        Seen failed = await AskAsync(VllmProfile.V0_11, Script.Model.Says("one two").Fails(), "\"stream\":true");
        failed.Text.Should().Be("one two");
        failed.Reasons.Should().BeEmpty();
        failed.Chunks[^1]["error"]!["code"]!.GetValue<int>().Should().Be(400, "0.11.0 takes the engine's death for the client's fault");
        failed.Events[^1].Should().Be("[DONE]");

        (await AskAsync(VllmProfile.V0_20, Script.Model.Says("one two").Finishes("abort"), "\"stream\":true")).Reasons.Should().Equal("abort");
    }

    [Fact]
    public async Task What_happens_between_the_words_happens_once_and_in_its_place()
    {
        Seen seen = await AskAsync(VllmProfile.V0_32, Script.Model.Says("one two").KeepsAlive("here").Says("three four").KeepsAlive("there"), "\"stream\":true,\"n\":2");

        seen.Body.Split(": here").Should().HaveCount(2);
        seen.Body.IndexOf(": here", StringComparison.Ordinal).Should()
            .BeGreaterThan(seen.Body.IndexOf(" two", StringComparison.Ordinal)).And.BeLessThan(seen.Body.IndexOf("thre", StringComparison.Ordinal));
        seen.Body.IndexOf(": there", StringComparison.Ordinal).Should()
            .BeGreaterThan(seen.Body.IndexOf(" four", StringComparison.Ordinal)).And.BeLessThan(seen.Body.IndexOf("\"stop\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Max_tokens_comes_before_a_fault_that_the_model_never_got_to()
    {
        Seen seen = await AskAsync(VllmProfile.V0_32, Script.Model.Says("one two three").Resets(), "\"stream\":true,\"max_tokens\":1");

        seen.End.Should().Be("end");
        seen.Reasons.Should().Equal("length");
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public async Task An_engine_that_dies_before_the_first_token_opens_no_choice(VllmProfile profile)
    {
        Seen seen = await AskAsync(profile, Script.Model.Fails(), "\"stream\":true");

        seen.Events.Should().HaveCount(2);
        seen.Chunks[0]["error"].Should().NotBeNull();
        seen.Events[1].Should().Be("[DONE]");
    }

    [Fact]
    public async Task Continuous_usage_counts_reasoning_apart_from_the_role_chunk_on()
    {
        Seen seen = await AskAsync(
            VllmProfile.V0_32, Script.Model.Reasons("one two").Says("So."), """ "stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true} """);

        seen.Chunks.Select(chunk => (int?)chunk["usage"]!["completion_tokens_details"]?["reasoning_tokens"]).Should().Equal(0, 1, 2, 2, 2, 2, 2);
    }

    [Fact]
    public async Task The_last_piece_of_a_cut_call_has_nulls_on_0_20()
    {
        Seen seen = await AskAsync(Profile("0.20.2"), Calling, $"\"stream\":true,\"max_tokens\":32,\"tools\":[{Weather}]");

        Seen.Delta(seen.Chunks[^1])!.ToJsonString().Should()
            .MatchRegex("""^\{"tool_calls":\[\{"id":null,"type":null,"index":0,"function":\{"name":null,"arguments":"[^"]+"\}\}\]\}$""");
    }

    [Theory]
    [InlineData("required", "{}")]
    [InlineData("auto", """{"content":""}""")]
    public async Task The_last_delta_of_a_required_call_is_empty_on_0_11(string choice, string delta)
    {
        Seen seen = await AskAsync(Profile("0.11.0"), Calling, $"\"stream\":true,\"tools\":[{Weather}],\"tool_choice\":\"{choice}\"");

        Seen.Delta(seen.Chunks[^1])!.ToJsonString().Should().Be(delta);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Log_probabilities_are_those_of_a_model_that_is_certain(bool stream)
    {
        using var vllm = FakeVllm.InMemory(Script.Model.Says("Yes it is."));
        ChatRequest request = ChatRequest.FromPrompt("Is it?") with { Stream = stream, Logprobs = new LogprobOptions { TopLogprobs = 2 } };

        ChatAnswer asked = await vllm.CreateAdapter().CompleteChatAsync(request);
        ChatAnswer unasked = await vllm.CreateAdapter().CompleteChatAsync(request with { Logprobs = null });

        IReadOnlyList<TokenLogprob> tokens = asked.Choices[0].Logprobs!;
        tokens.Select(token => (token.Token, token.Logprob)).Should().Equal(("Yes", 0), (" it", 0), (" is", 0), (".", 0));
        tokens[0].Bytes.Should().Equal(89, 101, 115);
        tokens[0].Top.Select(token => (token.Token, token.Logprob)).Should().Equal(("Yes", 0), ("", -9999));
        unasked.Choices[0].Logprobs.Should().BeNull();
    }

    [Fact]
    public async Task Without_a_script_the_server_answers_by_itself()
    {
        using var vllm = FakeVllm.InMemory();
        using HttpClient http = vllm.CreateHttpClient();

        (await Wire.ReadAsync(http, Wire.Streamed)).Text.Should().Be("You said: Hi");
    }

    [Fact]
    public async Task The_context_window_is_a_cap_too()
    {
        var options = new FakeVllmOptions { ContextWindow = 20 };
        using var vllm = FakeVllm.InMemory(options, Script.Model.Says(string.Concat(Enumerable.Repeat("word ", 100))));
        using HttpClient http = vllm.CreateHttpClient();

        Seen seen = await Wire.ReadAsync(http, Wire.NotStreamed);

        ((string?)seen.Json["choices"]![0]!["finish_reason"]).Should().Be("length");
        seen.Json["usage"]!["total_tokens"]!.GetValue<int>().Should().Be(20);
    }

    private static VllmProfile Profile(string version) => VllmProfile.All.Single(profile => profile.Version == version);

    private static string ArgumentsOf(Seen seen) =>
        string.Concat(seen.Chunks.Select(chunk => (string?)Seen.Delta(chunk)?["tool_calls"]?[0]?["function"]?["arguments"]));

    private static async Task<int> CountAsync(ScriptedReply script) =>
        (await AskAsync(VllmProfile.V0_32, script, $"\"tools\":[{Weather}]")).Json["usage"]!["completion_tokens"]!.GetValue<int>();

    private static async Task<Seen> AskAsync(VllmProfile profile, ScriptedReply script, string fields)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = profile }, script);
        using HttpClient http = vllm.CreateHttpClient();
        return await Wire.ReadAsync(http, $"{{\"model\":\"fake-model\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hi\"}}],{fields}}}");
    }
}
