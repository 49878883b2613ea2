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
        new ChatRequest { Messages = [], Extra = new() { ["messages"] = JsonNode.Parse("""[{"role": "user"}]""") } }.Body()
            .ShouldBeJson("""{"messages": [{"role": "user"}], "stream": true}""");

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
    public void Ranges_that_a_newer_server_relaxed_are_left_to_it_by_a_setting(int maxTokens, int choices, double temperature)
    {
        ChatRequest request = Hello with { MaxTokens = maxTokens, ChoiceCount = choices, Sampling = new() { Temperature = temperature } };

        JsonObject body = (request with { SendUnchecked = true }).Body();

        request.Invoking(odd => odd.Body()).Should().Throw<ArgumentException>();
        body["max_tokens"].ShouldBeJson($"{maxTokens}");
        body["n"].ShouldBeJson($"{choices}");
        ((double)body["temperature"]!).Should().Be(temperature);
    }

    // One version takes it, or none was asked.
    [Theory]
    [InlineData("""{"temperature": 99}""")]
    [InlineData("""{"max_tokens": "4", "top_p": "0.5", "max_completion_tokens": 0}""")]
    [InlineData("""{"top_k": 0, "seed": -1, "truncate_prompt_tokens": -1, "min_tokens": 9}""")]
    [InlineData("""{"seed": 9223372036854775807, "top_p": 1e-40, "repetition_penalty": 1e300, "temperature": 0}""")]
    [InlineData("""{"stop": ["a", "b", "c", "d", "e"], "stop_token_ids": [-1], "allowed_token_ids": [], "bad_words": [""]}""")]
    [InlineData("""{"logit_bias": {" 5 ": 1, "1_000": 2, "99999999999999999999": 3}, "logprobs": 1, "top_logprobs": 3}""")]
    [InlineData("""{"tools": [], "tool_choice": "auto"}""")]
    [InlineData("""{"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"properties": {"type": {"type": ["string", "null"]}}}}}}""")]
    public void What_one_server_takes_is_sent(string extra)
    {
        JsonObject fields = JsonNode.Parse(extra)!.AsObject();

        JsonObject body = (Hello with { Extra = fields }).Body();

        foreach ((string name, JsonNode? value) in fields)
            body[name].ShouldBeJson(value?.ToJsonString() ?? "null");
    }

    [Theory]
    [InlineData("""{"top_p": 5}""", "Sampling.TopP (top_p) must be a number above 0, at most 1, but is 5. Every vLLM refuses it.*")]
    [InlineData("""{"temperature": "hot"}""", "Sampling.Temperature (temperature) must be a number, 0 or more, but is \"hot\"*")]
    [InlineData("""{"seed": 9223372036854775808}""", "Sampling.Seed (seed) must be a whole number of 64 bits, but is 9223372036854775808*")]
    [InlineData("""{"min_tokens": 9, "max_tokens": 4}""", "Sampling.MinTokens (min_tokens) must be at most MaxTokens (max_tokens), 4, but is 9*")]
    [InlineData("""{"tool_choice": "required"}""", "ToolChoice (tool_choice) must come with Tools*")]
    [InlineData("""{"response_format": {"type": "xml"}}""", "Output (response_format) must be of type text, json_object, json_schema, structural_tag, but is \"xml\"*")]
    [InlineData("""{"response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": {"a": {"items": {"type": "strng"}}}}}}}""", "*but one is \"strng\"*")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}, {"role": "tool", "content": null}]}""", "Messages[1] must have text or parts for its content, not null*")]
    [InlineData("""{"stop": ["\ud800"]}""", "The request cannot be written as JSON*")]
    public void What_no_server_takes_is_refused_by_member_field_and_range(string extra, string why) =>
        (Hello with { Extra = JsonNode.Parse(extra)!.AsObject() }).Invoking(request => request.Body())
            .Should().Throw<ArgumentException>().WithParameterName("request").WithMessage(why);
}
