using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Requests;

public sealed class RequestJsonTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello");

    [Fact]
    public void A_large_image_costs_a_few_copies()
    {
        byte[] image = new byte[4_000_000];
        Build(image.AsMemory(0, 3));

        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] body = Build(image);
        double copies = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)image.Length;

        // 2.7 for the URL as text, 1.3 for the body and as much for the buffer that it is cut from; 2.1 that the parser borrows of the pool.
        copies.Should().BeLessThan(8);
        body.Length.Should().BeGreaterThan(5_333_333);

        static byte[] Build(ReadOnlyMemory<byte> image) =>
            Built(new ChatRequest { Messages = [VllmMessage.User("What is it?", ContentPart.Image(image, "image/png"))] });
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(100_000)]
    public void Long_text_arrives_as_it_is_wherever_it_is_cut(int length)
    {
        // A pair may lie across the cut; half a pair is no text.
        foreach (string unit in new[] { "a", "é", "\"\\\n", "😀", "a😀", "漢" })
        {
            string text = string.Concat(Enumerable.Repeat(unit, (length / unit.Length) + 1));

            Sent(ChatRequest.FromPrompt(text)).Should().Be(text);
        }

        string half = new string('a', length - 1) + "\ud83d" + new string('b', length);
        Sent(ChatRequest.FromPrompt(half)).Should().Be(half.Replace('\ud83d', '\uFFFD'));
    }

    [Fact]
    public void A_body_is_the_same_as_the_serializer_writes_it()
    {
        byte[] body = Built(Hello with
        {
            Tools = [new("roll", "Rolls a \"die\" für 漢字.", """{"type": "object", "properties": {"n": {"type": "integer", "maximum": 1.50}}}""")],
            Extra = JsonNode.Parse("""{"a": [1.0, null, {"b": "<é>"}], "messages": [{"role": "user", "content": "", "x": [true, 2e1]}]}""")!.AsObject(),
        });

        Encoding.UTF8.GetString(body).Should().Be(JsonNode.Parse(body)!.ToJsonString(VllmJsonContext.Relaxed.Options));
    }

    [Theory]
    [InlineData("extra")]
    [InlineData("messages")]
    public void What_nests_too_deep_is_a_mistake_of_the_caller(string place)
    {
        JsonNode deep = 1;
        for (int i = 0; i < 600; i++)
            deep = new JsonArray(deep);

        FluentActions.Invoking(() => Built(Hello with { Extra = new() { [place] = deep } }))
            .Should().Throw<ArgumentException>().WithMessage("The request nests deeper than 512 levels*Extra*");
    }

    [Fact]
    public void A_schema_that_nests_too_deep_is_refused_where_it_is_given_or_sent()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"items":""", 600)) + "{}" + new string('}', 600);

        FluentActions.Invoking(() => new ToolDefinition("x", null, deep)).Should().Throw<ArgumentException>().WithMessage("The schema is not JSON*");
        using JsonDocument schema = JsonDocument.Parse(deep, new JsonDocumentOptions { MaxDepth = 1000 });
        ChatRequest request = Hello with { Tools = [new("x") { Parameters = schema.RootElement.Clone() }] };
        FluentActions.Invoking(() => Built(request)).Should().Throw<ArgumentException>().WithMessage("The request nests deeper*");
    }

    [Fact]
    public void A_number_in_extra_that_JSON_cannot_write_is_a_mistake_of_the_caller() =>
        FluentActions.Invoking(() => Built(Hello with { Extra = new() { ["a"] = double.NaN } }))
            .Should().Throw<ArgumentException>().WithMessage("The request cannot be written as JSON*");

    [Theory]
    [InlineData("extra")]
    [InlineData("messages")]
    public void Half_a_surrogate_pair_in_parsed_JSON_is_told_as_what_it_is(string place) =>
        FluentActions.Invoking(() => Built(Hello with { Extra = new() { [place] = JsonNode.Parse("""["\ud83d"]""") } }))
            .Should().Throw<ArgumentException>().WithMessage("The request cannot be written as JSON*surrogate*");

    [Fact]
    public void What_failed_half_written_leaves_nothing_behind_in_the_next_body()
    {
        byte[] first = Built(Hello);

        FluentActions.Invoking(() => Built(Hello with { Extra = new() { ["a"] = new JsonArray("half", double.NaN) } })).Should().Throw<ArgumentException>();

        Built(Hello).Should().Equal(first);
    }

    [Fact]
    public void A_body_may_be_written_while_another_is()
    {
        byte[] inner = [];

        byte[] outer = RequestJson.ToUtf8(Hello, 0, (json, request) =>
        {
            json.WriteStartArray();
            inner = Built(request);
            json.WriteNumberValue(1);
            json.WriteEndArray();
        });

        Encoding.UTF8.GetString(outer).Should().Be("[1]");
        inner.Should().Equal(Built(Hello));
    }

    [Fact]
    public void Bodies_may_be_written_by_many_threads_at_once()
    {
        ChatRequest[] requests = [.. Enumerable.Range(1, 200).Select(number => ChatRequest.FromPrompt(new string((char)('a' + (number % 26)), number * 50)) with { Extra = new() { ["x"] = number } })];
        byte[][] expected = [.. requests.Select(Built)];

        byte[][] sent = new byte[requests.Length][];
        Parallel.For(0, requests.Length, at => sent[at] = Built(requests[at]));

        sent.Should().BeEquivalentTo(expected, options => options.WithStrictOrdering());
    }

    private static byte[] Built(ChatRequest request) => ChatRequestBody.Build(request, null, UsageReporting.None).Utf8;

    private static string Sent(ChatRequest request)
    {
        using JsonDocument body = JsonDocument.Parse(Built(request));
        return body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString()!;
    }
}
