using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using VllmAdapter.Tests.Requests;

namespace VllmAdapter.Tests.Serialization;

public sealed class SavedRequestTests
{
    private static readonly ChatRequest Plain = ChatRequest.FromPrompt("Hi.");

    private static JsonObject Some => new() { ["a"] = new JsonArray(1, null, "x"), ["b"] = 1.5 };

    private static ChatRequest Full => new()
    {
        Model = "granite",
        Messages = [VllmMessage.System("Be brief."), VllmMessage.User("Hi.")],
        MaxTokens = 100,
        ChoiceCount = 2,
        Sampling = new()
        {
            Temperature = 0.1,
            TopP = 0.95,
            TopK = -1,
            MinP = 1e-7,
            FrequencyPenalty = -2,
            PresencePenalty = 2,
            RepetitionPenalty = 1.1,
            RepetitionDetection = new() { MaxPatternSize = 9, MinPatternSize = 2, MinCount = 3 },
            Seed = long.MaxValue,
            Stop = ["a", ""],
            StopTokenIds = [1, 2],
            IncludeStopText = true,
            MinTokens = 1,
            IgnoreEndToken = false,
            LogitBias = new Dictionary<int, double> { [7] = -100, [9] = 0.5 },
            AllowedTokenIds = [3],
            BadWords = ["x"],
            BeamSearch = true,
            LengthPenalty = 0.9,
            SkipSpecialTokens = false,
            SpacesBetweenSpecialTokens = true,
            Watermarking = true,
        },
        Tools = [new ToolDefinition("now"), new ToolDefinition("add", "Adds.", """{"type":"object","properties":{"a":{"type":"integer"}}}""") { Strict = true }],
        ToolChoice = ToolChoice.Named("add"),
        ParallelToolCalls = false,
        Output = StructuredOutput.JsonObject,
        Reasoning = new() { Effort = ReasoningLevel.Low, MaxTokens = -1, Include = true, Enabled = false },
        Prompt = new()
        {
            TemplateArguments = new() { ["enable_thinking"] = true },
            ChatTemplate = "{{ x }}",
            Documents = [Some, new() { ["c"] = null }],
            ContinueFinalMessage = true,
            AddGenerationPrompt = true,
            AddSpecialTokens = false,
            Echo = true,
            TruncateTo = -1,
            TruncationSide = TruncationSide.Left,
            TopLogprobs = 0,
            ReturnText = true,
        },
        Media = new() { Reading = Some, Processing = Some },
        Logprobs = new() { TopLogprobs = -1, TokenIds = [5], TokensAsIds = true },
        Serving = new()
        {
            Priority = -3,
            CacheSalt = "salt",
            StreamInterval = 4,
            ReturnTokenIds = true,
            KvTransfer = Some,
            EncoderTransfer = Some,
            PluginArguments = Some,
        },
        UsageReporting = UsageReporting.None,
        Stream = false,
        OnIncompleteStream = IncompleteStreamBehavior.ThrowUnlessConfirmed,
        Recovery = StreamRecovery.Continue(3),
        User = "eve",
        Headers = new() { RequestId = "r-1", Session = "s", Priority = 5, DataParallelRank = 0, Additional = new Dictionary<string, string> { ["X-Tenant"] = "t" } },
        Extra = new() { ["temperature"] = null, ["new_setting"] = Some },
        SendUnchecked = true,
    };

    [Fact]
    public void A_request_comes_back_equal_with_all_that_can_be_set()
    {
        ChatRequest full = Full;
        foreach (PropertyInfo property in typeof(ChatRequest).GetProperties().Where(property => property.Name != nameof(ChatRequest.Termination)))
            property.GetValue(full).Should().NotBe(property.GetValue(Plain), $"{property.Name} is to be set here");

        ChatRequest.Parse(full.ToJson()).Should().Be(full);
        JsonSerializer.Deserialize<ChatRequest>(JsonSerializer.Serialize(full)).Should().Be(full);
        JsonSerializer.Deserialize(JsonSerializer.Serialize(full, SavedConversationTests.SavingContext.Default.ChatRequest), SavedConversationTests.SavingContext.Default.ChatRequest)
            .Should().Be(full);
        full.Should().Be(Full).And.NotBe(full with { Extra = [] });
        full.GetHashCode().Should().Be(Full.GetHashCode());
    }

    public static TheoryData<string, ChatRequest> Single => new()
    {
        { "nothing but a prompt", Plain },
        { "no messages", Plain with { Messages = [] } },
        { "messages in Extra", Plain with { Messages = [], Extra = new() { ["messages"] = new JsonArray() } } },
        { "Extra without anything in it", Plain with { Extra = [] } },
        { "Sampling without anything in it", Plain with { Sampling = new() } },
        { "Sampling with an empty map", Plain with { Sampling = new() { LogitBias = new Dictionary<int, double>() } } },
        { "Sampling with an empty group", Plain with { Sampling = new() { RepetitionDetection = new() } } },
        { "Reasoning without anything in it", Plain with { Reasoning = new() } },
        { "Reasoning switched on", Plain with { Reasoning = new() { Enabled = true } } },
        { "Prompt without anything in it", Plain with { Prompt = new() } },
        { "Prompt with an empty object", Plain with { Prompt = new() { TemplateArguments = [] } } },
        { "Prompt that goes on", Plain with { Prompt = new() { ContinueFinalMessage = true } } },
        { "Media without anything in it", Plain with { Media = new() } },
        { "Media with an empty object", Plain with { Media = new() { Reading = [] } } },
        { "Serving without anything in it", Plain with { Serving = new() } },
        { "Serving with an empty object", Plain with { Serving = new() { PluginArguments = [] } } },
        { "Logprobs without anything in it", Plain with { Logprobs = new() } },
        { "Headers without anything in it", Plain with { Headers = new() } },
        { "Headers with an empty map", Plain with { Headers = new() { Additional = new Dictionary<string, string>() } } },
        { "a word for the tool choice", Plain with { ToolChoice = new ToolChoice("perhaps") } },
        { "continuous usage", Plain with { UsageReporting = UsageReporting.Continuous } },
        { "asks whole", Plain with { Recovery = StreamRecovery.AskWhole() } },
        { "reports", Plain with { OnIncompleteStream = IncompleteStreamBehavior.Report } },
    };

    [Theory]
    [MemberData(nameof(Single))]
    public void A_request_comes_back_equal(string name, ChatRequest request) => ChatRequest.Parse(request.ToJson()).Should().Be(request, name);

    [Fact]
    public void A_saved_request_is_written_in_the_words_of_the_wire() =>
        (Plain with { Model = "granite", MaxTokens = 9, Sampling = new() { Temperature = 0.5 }, Reasoning = new() { Effort = ReasoningLevel.Low, Enabled = true } }).ToJson().Should().Be(
            """{"model":"granite","messages":[{"role":"user","content":"Hi."}],"max_tokens":9,"stream":true,"temperature":0.5,"reasoning_effort":"low","vllm_adapter":{"enable_thinking":true}}""");

    [Fact]
    public void The_body_of_a_request_can_be_read_and_is_sent_alike()
    {
        JsonObject sent = (Full with { Extra = null, Output = StructuredOutput.OneOf("a", "b"), SendUnchecked = true }).Body(usage: UsageReporting.Final);

        ChatRequest read = ChatRequest.Parse(sent.ToJsonString()) with { Stream = false, SendUnchecked = true };

        JsonNode.DeepEquals(read.Body(usage: UsageReporting.Final), sent).Should().BeTrue();
    }

    [Theory]
    [InlineData("\"future\":{\"a\":[1,null]}", "future")]
    [InlineData("\"stream_options\":{\"include_usage\":true}", "stream_options")]
    [InlineData("\"response_format\":{\"type\":\"structural_tag\",\"structures\":[]}", "response_format")]
    [InlineData("\"tools\":[{\"type\":\"web_search\"}]", "tools")]
    [InlineData("\"tool_choice\":{\"type\":\"allowed_tools\",\"tools\":[]}", "tool_choice")]
    [InlineData("\"top_logprobs\":3", "top_logprobs")]
    public void What_is_not_known_is_kept_and_sent(string field, string name)
    {
        ChatRequest read = ChatRequest.Parse($$"""{"messages":[{"role":"user","content":"Hi."}],{{field}}}""");

        read.Should().NotBe(Plain);
        read.Extra!.Single().Key.Should().Be(name);
        JsonNode.DeepEquals(read.Extra![name], JsonNode.Parse($$"""{{{field}}}""")![name]).Should().BeTrue();
        ChatRequest.Parse(read.ToJson()).Should().Be(read);
    }

    [Fact]
    public void What_a_later_version_says_of_itself_is_passed_over() =>
        ChatRequest.Parse("""{"messages":[{"role":"user","content":"Hi."}],"vllm_adapter":{"future":1}}""").Should().Be(Plain);

    public static TheoryData<string, ChatRequest> Unwritable => new()
    {
        { "ChatRequest.Termination is code, which cannot be written as JSON.*", Plain with { Termination = VllmAdapter.Termination.Default } },
        { "*Headers.Additional holds 'authorization': keys are not saved with a request.*", Plain with { Headers = new() { Additional = new Dictionary<string, string> { ["authorization"] = "Bearer x" } } } },
        { "The request cannot be saved. Sampling.Temperature (temperature) is NaN, which JSON has no number for.*", Plain with { Sampling = new() { Temperature = double.NaN } } },
        { "The request cannot be saved. *cannot be written as valid JSON.*", Plain with { Extra = new() { ["a"] = double.NaN } } },
        { "*A message is null, and cannot be written as JSON. Leave it out.*", Plain with { Messages = [null!] } },
        { "The request cannot be saved. *Parameters of tool 'a'*", Plain with { Tools = [new ToolDefinition("a") { Parameters = JsonElement.Parse("7") }] } },
    };

    [Theory]
    [MemberData(nameof(Unwritable))]
    public void What_cannot_be_written_says_so(string sentence, ChatRequest request)
    {
        FluentActions.Invoking(() => request.ToJson()).Should().Throw<NotSupportedException>().WithMessage(sentence);
        FluentActions.Invoking(() => JsonSerializer.Serialize(request)).Should().Throw<NotSupportedException>().WithMessage(sentence);
        FluentActions.Invoking(() => JsonSerializer.Serialize(request)).Should().Throw<NotSupportedException>().Which.Message.Should().NotContain("Bearer");
    }

    [Fact]
    public void Requests_with_lists_and_json_of_their_own_are_equal_if_they_say_the_same()
    {
        (Full with { Messages = [.. Full.Messages] }).Should().Be(Full);
        (Full with { Messages = [.. Full.Messages, VllmMessage.User("x")] }).Should().NotBe(Full);
        (Full with { Extra = new() { ["new_setting"] = Some, ["temperature"] = null } }).Should().Be(Full);
        (Full with { Media = new() { Reading = Some } }).Should().NotBe(Full);
        (Full with { Sampling = Full.Sampling! with { LogitBias = new Dictionary<int, double> { [9] = 0.5, [7] = -100 } } }).Should().Be(Full);
        (Full with { Sampling = Full.Sampling! with { LogitBias = new Dictionary<int, double> { [9] = 0.5, [7] = 100 } } }).Should().NotBe(Full);
        (Full with { Prompt = Full.Prompt! with { Documents = [Some] } }).Should().NotBe(Full);
    }

    [Fact]
    public void A_list_that_a_request_was_given_may_be_changed_afterwards()
    {
        List<VllmMessage> messages = [VllmMessage.User("Hi.")];
        var request = new ChatRequest { Messages = messages };

        messages.Clear();

        request.Should().Be(Plain);
    }

    [Fact]
    public void A_schema_deeper_than_usual_comes_back()
    {
        string schema = string.Concat(Enumerable.Repeat("""{"properties":{"a":""", 100)) + "{}" + new string('}', 200);
        ChatRequest deep = Plain with { Tools = [new ToolDefinition("a", null, schema)] };

        ChatRequest.Parse(deep.ToJson()).Should().Be(deep);
    }
}
