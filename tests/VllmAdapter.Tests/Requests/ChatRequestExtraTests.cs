using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Requests;

public class ChatRequestExtraTests
{
    private static readonly ChatRequest Hello = ChatRequest.FromPrompt("Hello");

    [Fact]
    public void Extra_fields_go_to_the_top_level_of_the_body()
    {
        JsonObject body = (Hello with { Extra = new() { ["new_field"] = new JsonArray(1, "a"), ["other"] = null } }).Body();

        body["new_field"].ShouldBeJson("""[1, "a"]""");
        body.ContainsKey("other").Should().BeTrue();
        body.ContainsKey("extra_body").Should().BeFalse();
    }

    [Fact]
    public void Extra_has_the_last_word_over_a_typed_member()
    {
        var request = Hello with
        {
            MaxTokens = 5,
            Sampling = new() { Temperature = 1 },
            Extra = new() { ["max_tokens"] = 9, ["temperature"] = null, ["stream_options"] = new JsonObject { ["include_usage"] = false } },
        };

        JsonObject body = request.Body(usage: UsageReporting.Continuous);

        body["max_tokens"].ShouldBeJson("9");
        body.TryGetPropertyValue("temperature", out JsonNode? temperature).Should().BeTrue();
        temperature.Should().BeNull();
        body["stream_options"].ShouldBeJson("""{"include_usage": false}""");
    }

    [Theory]
    [InlineData("true", false)]
    [InlineData("false", true)]
    [InlineData("null", true)]
    [InlineData("\"true\"", true)]
    public void Stream_in_extra_must_agree_with_the_request(string inExtra, bool stream) =>
        (Hello with { Stream = stream, Extra = new() { ["stream"] = JsonNode.Parse(inExtra) } })
            .Invoking(request => request.Body())
            .Should().Throw<ArgumentException>().WithMessage($"*\"stream\": {inExtra}*Stream is {(stream ? "true" : "false")}*Set Stream*").WithParameterName("request");

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public void Stream_in_extra_may_repeat_the_request(string inExtra, bool stream) =>
        (Hello with { Stream = stream, Extra = new() { ["stream"] = JsonNode.Parse(inExtra) } }).Body()["stream"].ShouldBeJson(inExtra);

    [Fact]
    public void Messages_in_extra_stand_in_for_typed_ones() =>
        new ChatRequest { Messages = [], Extra = new() { ["messages"] = new JsonArray() } }.Body()
            .ShouldBeJson("""{"messages": [], "stream": true}""");

    [Fact]
    public void No_messages_at_all_are_refused_with_the_way_out() =>
        new ChatRequest { Messages = [], Extra = new() { ["other"] = 1 } }.Invoking(request => request.Body())
            .Should().Throw<ArgumentException>().WithMessage("*Messages is empty*VllmMessage.User(*").WithParameterName("request");

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_number_that_JSON_cannot_write_is_refused_by_its_name(double temperature) =>
        (Hello with { Sampling = new() { Temperature = temperature } }).Invoking(request => request.Body())
            .Should().Throw<ArgumentException>().WithMessage("Sampling.Temperature (temperature) is *finite number or null*").WithParameterName("request");

    [Fact]
    public void A_bias_that_JSON_cannot_write_is_refused_by_its_name() =>
        (Hello with { Sampling = new() { LogitBias = new Dictionary<int, double> { [7] = double.NaN } } }).Invoking(request => request.Body())
            .Should().Throw<ArgumentException>().WithMessage("Sampling.LogitBias (7) is *").WithParameterName("request");

    [Theory]
    [InlineData(-1, 0, -2.0)]
    [InlineData(0, 0, 99.0)]
    public void Ranges_are_the_server_s_business_since_a_newer_one_may_relax_them(int maxTokens, int choices, double temperature)
    {
        JsonObject body = (Hello with { MaxTokens = maxTokens, ChoiceCount = choices, Sampling = new() { Temperature = temperature } }).Body();

        body["max_tokens"].ShouldBeJson($"{maxTokens}");
        body["n"].ShouldBeJson($"{choices}");
        ((double)body["temperature"]!).Should().Be(temperature);
    }
}
