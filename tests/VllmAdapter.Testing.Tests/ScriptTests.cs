using System.Text.Json.Nodes;

namespace VllmAdapter.Testing.Tests;

public sealed class ScriptTests
{
    [Fact]
    public async Task A_script_is_immutable_and_can_be_continued_in_several_ways()
    {
        ScriptedReply begun = Script.Says("a");
        ScriptedReply one = begun.Says("b");
        ScriptedReply other = begun.Says("c");

        (await SeeAsync(one)).Text.Should().Be("ab");
        (await SeeAsync(other)).Text.Should().Be("ac");
    }

    public static TheoryData<Func<ScriptedReply, ScriptedReply>, string> OfTheWire => new()
    {
        { script => script.Choice(1), "Choice" },
        { script => script.Uses(1, 1), "Uses" },
        { script => script.CountsEveryChunk(1), "CountsEveryChunk" },
        { script => script.Event("{}"), "Event" },
        { script => script.Sends("x"), "Sends" },
    };

    [Theory]
    [MemberData(nameof(OfTheWire))]
    public void What_a_model_cannot_say_is_refused_instead_of_left_out(Func<ScriptedReply, ScriptedReply> go, string method)
    {
        Script.Model.Says("a").Invoking(go).Should().Throw<InvalidOperationException>().WithMessage($"{method} says what goes over the wire*");
        Script.Says("a").Invoking(go).Should().NotThrow();
    }

    [Fact]
    public async Task Nothing_is_sent_that_the_script_does_not_say_but_the_role()
    {
        Seen seen = await SeeAsync(Script.Says("a"));

        seen.Events.Should().HaveCount(2);
        ((string?)Seen.Delta(seen.Chunks[0])!["role"]).Should().Be("assistant");
        (await SeeAsync(Script.Says("a").WithoutRole())).Events.Should().ContainSingle();
        (await SeeAsync(Script.Fails().Done())).Events.Should().HaveCount(2, "no delta, so no role");
    }

    [Fact]
    public async Task A_call_has_id_and_name_first_and_then_a_delta_for_each_fragment()
    {
        Seen seen = await SeeAsync(Script.Calls("f", "{\"a\":", "1}").Calls("g").CallsAs(null, "h", "{}").CallDelta(null, "x", arguments: "y"));

        string[] parts = [.. seen.Chunks[1..].Select(chunk => Seen.Delta(chunk)!["tool_calls"]![0]!.ToJsonString())];
        parts.Should().Equal(
            """{"id":"chatcmpl-tool-0000000000000000","type":"function","index":0,"function":{"name":"f"}}""",
            """{"index":0,"function":{"arguments":"{\u0022a\u0022:"}}""",
            """{"index":0,"function":{"arguments":"1}"}}""",
            """{"id":"chatcmpl-tool-0000000000000001","type":"function","index":1,"function":{"name":"g"}}""",
            """{"index":2,"function":{"name":"h"}}""",
            """{"index":2,"function":{"arguments":"{}"}}""",
            """{"id":"x","type":"function","function":{"arguments":"y"}}""");
    }

    [Fact]
    public async Task The_last_chunk_may_carry_text_or_arguments()
    {
        Seen seen = await SeeAsync(Script.Calls("f", "{").Finishes("tool_calls", arguments: "}").Choice(1).Finishes("stop", saying: "end", stopReason: 7));

        ((string?)Seen.Delta(seen.Chunks[^2])!["tool_calls"]![0]!["function"]!["arguments"]).Should().Be("}");
        ((string?)Seen.Delta(seen.Chunks[^1])!["content"]).Should().Be("end");
        seen.Chunks[^1]["choices"]![0]!["stop_reason"]!.GetValue<int>().Should().Be(7);
        Script.Empty.Invoking(it => it.Finishes("stop", "text", "arguments")).Should().Throw<ArgumentException>();
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("eos")]
    public async Task Any_word_may_be_a_reason_and_so_may_none(string? reason)
    {
        Seen seen = await SeeAsync(Script.Says("a").Finishes(reason));

        ((string?)seen.Chunks[^1]["choices"]![0]!["finish_reason"]).Should().Be(reason);
    }

    [Fact]
    public async Task Choices_open_together_and_deltas_may_come_late()
    {
        Seen seen = await SeeAsync(Script.Says("a").Choice(1).Says("b").Finishes("length").Choice(0).Finishes("stop").Says("late"));

        seen.Chunks.Select(chunk => (int)chunk["choices"]![0]!["index"]!).Should().Equal(0, 1, 0, 1, 1, 0, 0);
        ((string?)Seen.Delta(seen.Chunks[^1])!["content"]).Should().Be("late");
    }

    [Fact]
    public async Task Every_chunk_may_carry_the_running_count()
    {
        Seen seen = await SeeAsync(Script.Says("a", "b").Finishes("stop").CountsEveryChunk(prompt: 10));

        seen.Chunks.Select(chunk => (int)chunk["usage"]!["total_tokens"]!).Should().Equal(10, 11, 12, 12);
    }

    [Fact]
    public async Task Framing_can_be_unusual()
    {
        (await SeeAsync(Script.KeepsAlive("ping").Event("one\ntwo").WithLineEnds("\r\n"))).Body.Should().Be(": ping\r\n\r\ndata: one\r\ndata: two\r\n\r\n");
        (await SeeAsync(Script.Event("a").Event("b").Unterminated())).Body.Should().Be("data: a\n\ndata: b");
        (await SeeAsync(Script.Sends("data:[DONE]\n\n"))).Body.Should().Be("data:[DONE]\n\n");
    }

    [Fact]
    public async Task Pieces_have_the_sizes_that_were_asked_for_and_the_last_size_repeats()
    {
        using var vllm = FakeVllm.InMemory(Script.Sends("0123").Sends("456789").InPiecesOf(1, 3, 4));
        using HttpClient http = vllm.CreateHttpClient();
        using HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed);
        Stream body = await response.Content.ReadAsStreamAsync();
        var sizes = new List<int>();
        byte[] buffer = new byte[100];

        while (await body.ReadAsync(buffer) is > 0 and var size)
            sizes.Add(size);

        sizes.Should().Equal(1, 3, 4, 2);
    }

    [Fact]
    public void Pieces_have_at_least_one_byte()
    {
        Script.Empty.Invoking(it => it.InPiecesOf()).Should().Throw<ArgumentException>();
        Script.Empty.Invoking(it => it.InPiecesOf(3, 0)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task The_whole_form_of_a_script_gathers_it()
    {
        Seen seen = await SeeAsync(Script.Reasons("h", "m").Says("a", "b").Calls("f", "{", "}").Finishes("tool_calls").Uses(5, 6).Whole());

        JsonNode message = seen.Json["choices"]![0]!["message"]!;
        ((string?)message["content"]).Should().Be("ab");
        ((string?)message["reasoning"]).Should().Be("hm");
        ((string?)message["tool_calls"]![0]!["function"]!["arguments"]).Should().Be("{}");
        seen.Json["usage"]!["total_tokens"]!.GetValue<int>().Should().Be(11);
        seen.ContentType.Should().Be("application/json");
    }

    [Fact]
    public async Task A_request_that_does_not_stream_gets_a_failure_as_its_status()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("a").Fails("No more.", 503));
        using HttpClient http = vllm.CreateHttpClient();

        Seen seen = await Wire.ReadAsync(http, Wire.NotStreamed);

        ((int)seen.Status).Should().Be(503);
        ((string?)seen.Json["error"]!["message"]).Should().Be("No more.");
    }

    [Fact]
    public async Task Status_type_and_headers_can_be_what_a_gateway_makes_of_them()
    {
        using var vllm = FakeVllm.InMemory(
            Script.Refuses(503, "Busy.", "Service Unavailable").RetryAfter(TimeSpan.FromSeconds(2.1)),
            Script.Says("x").WithContentType("text/plain").WithStatus(207).WithHeader("x-gateway", "g"),
            Script.Says("x").WithContentType(null));
        using HttpClient http = vllm.CreateHttpClient();

        using HttpResponseMessage busy = await Wire.PostAsync(http, Wire.Streamed);
        busy.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(3));
        using HttpResponseMessage plain = await Wire.PostAsync(http, Wire.Streamed);
        ((int)plain.StatusCode).Should().Be(207);
        plain.Content.Headers.ContentType!.MediaType.Should().Be("text/plain");
        plain.Headers.GetValues("x-gateway").Should().Equal("g");
        using HttpResponseMessage untyped = await Wire.PostAsync(http, Wire.Streamed);
        untyped.Content.Headers.ContentType.Should().BeNull();
    }

    [Fact]
    public async Task Paced_chunks_come_one_by_one()
    {
        var clock = new ManualTimeProvider();
        using var vllm = FakeVllm.InMemory(
            new FakeVllmOptions { TimeProvider = clock }, Script.Says("a", "b").WithoutRole().Paced(TimeSpan.FromMilliseconds(20)).Done());
        using HttpClient http = vllm.CreateHttpClient();
        using HttpResponseMessage response = await Wire.PostAsync(http, Wire.Streamed);
        Task<string> reading = response.Content.ReadAsStringAsync();

        clock.UntilNextTimer.Should().Be(TimeSpan.FromMilliseconds(20));
        clock.AdvanceToNextTimer();
        await clock.WhenTimerArmedAsync(TimeSpan.FromMilliseconds(20));
        reading.IsCompleted.Should().BeFalse();
        clock.AdvanceToNextTimer();

        (await reading).Should().EndWith("[DONE]\n\n");
    }

    private static async Task<Seen> SeeAsync(ScriptedReply script)
    {
        using var vllm = FakeVllm.InMemory(script);
        using HttpClient http = vllm.CreateHttpClient();
        return await Wire.ReadAsync(http, Wire.Streamed);
    }
}
