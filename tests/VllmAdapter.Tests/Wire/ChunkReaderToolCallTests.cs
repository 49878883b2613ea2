namespace VllmAdapter.Tests.Wire;

public sealed class ChunkReaderToolCallTests
{
    [Theory]
    [InlineData("""  "index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{"} """, 0, "a", "f", "{")]
    [InlineData("""  "index": 2, "function": {"arguments": "\"x\""} """, 2, null, null, "\"x\"")]
    [InlineData("""  "id": "a", "function": {"name": "f"} """, null, "a", "f", "")]
    [InlineData("""  "index": null, "id": null, "function": {"name": null, "arguments": null} """, null, null, null, "")]
    [InlineData("""  "index": 0, "id": "", "function": {"name": "", "arguments": ""} """, 0, null, null, "")]
    [InlineData("""  "index": 0, "function": null """, 0, null, null, "")]
    [InlineData("""  "index": 0 """, 0, null, null, "")]
    public void A_piece_of_a_call_reads(string json, int? index, string? id, string? name, string arguments) =>
        Reading.OfCall(json).Call.Should().Be(new ToolCallDelta { Index = index, Id = id, Name = name, Arguments = arguments });

    [Theory]
    [InlineData("""{"city": "Paris"}""", """{"city": "Paris"}""")]
    [InlineData("{ }", "{ }")]
    [InlineData("""{"a": {"b": [1]}}""", """{"a": {"b": [1]}}""")]
    [InlineData("[]", "[]")]
    [InlineData("[1, {}]", "[1, {}]")]
    [InlineData("7", "7")]
    [InlineData("true", "true")]
    [InlineData("null", "")]
    public void Arguments_that_are_no_text_are_taken_as_they_stand(string json, string arguments) =>
        Reading.OfCall($$""" "function": {"name": "f", "arguments": {{json}} }""").Call.Arguments.Should().Be(arguments);

    [Fact]
    public void Arguments_that_are_no_text_may_nest_deep()
    {
        string deep = $"{{\"a\": {new string('[', 500)}{new string(']', 500)}}}";

        Reading.OfCall($$""" "function": {"name": "f", "arguments": {{deep}} }""").Call.Arguments.Should().Be(deep);
    }

    [Fact]
    public void Several_calls_come_in_one_delta() =>
        Reading.OfDelta("""  "tool_calls": [{"index": 0, "id": "a", "function": {"name": "f"}}, {"index": 1, "id": "b", "function": {"name": "g"}}] """)
            .Chunk.ToolCallDeltas.Select(call => (call.Index, call.Id, call.Name)).Should().Equal((0, "a", "f"), (1, "b", "g"));

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("[null]")]
    public void An_empty_list_is_no_call(string json) =>
        Reading.OfDelta($"\"content\": \"a\", \"tool_calls\": {json}").Chunk.ToolCallDeltas.Should().BeEmpty();

    [Theory]
    [InlineData("""{"index": 0, "id": "a", "function": {"name": "f"}}""", 1)]
    [InlineData("{}", 0)]
    [InlineData("""{"function": {}}""", 0)]
    public void One_object_stands_for_a_list_of_one(string json, int calls) =>
        Reading.OfDelta($"\"tool_calls\": {json}").Chunk.ToolCallDeltas.Should().HaveCount(calls);

    [Fact]
    public void The_index_may_be_written_as_a_float() => Reading.OfCall("""  "index": 3.0 """).Call.Index.Should().Be(3);

    [Fact]
    public void A_hundred_thousand_calls_in_one_event_are_read_in_one_pass() =>
        Reading.OfDelta($$"""  "tool_calls": [{{string.Join(',', Enumerable.Range(0, 100_000).Select(i => $$"""{"index": {{i}} }"""))}}] """)
            .Chunk.ToolCallDeltas.Should().HaveCount(100_000);

    [Fact]
    public void In_a_whole_reply_every_entry_is_a_call_of_its_own() =>
        Reading.OfChoice("""  "message": {"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}, {"id": "a", "function": {"name": "f", "arguments": "{}"}}]} """)
            .Chunk.ToolCallDeltas.Select(call => call.Index).Should().Equal(0, 1);

    [Fact]
    public void The_older_function_call_is_a_call() =>
        Reading.OfDelta("""  "function_call": {"name": "f", "arguments": "{}"} """)
            .Call.Should().Be(new ToolCallDelta { Index = 0, Name = "f", Arguments = "{}" });

    [Theory]
    [InlineData("null")]
    [InlineData("\"f\"")]
    public void The_older_function_call_is_an_object_or_nothing(string json) =>
        Reading.OfDelta($"\"function_call\": {json}").Chunk.ToolCallDeltas.Should().BeEmpty();

    [Fact]
    public void A_call_in_both_manners_is_one_call() =>
        Reading.OfDelta("""  "tool_calls": [{"index": 0, "id": "a"}], "function_call": {"name": "f"} """).Call.Id.Should().Be("a");
}
