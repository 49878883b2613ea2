using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Labels;

/// <summary>One of a few labels, from a model that writes text: how likely each is, and what went to none of them.</summary>
public sealed class LabelTests
{
    // Each place: the token written, then its probability and those of the others that might have stood there.
    public static TheoryData<string, string, string, string, double, bool> Answers => new()
    {
        { "one token a label", "yes no", "yes:0.9 no:0.1", "yes=0.9 no=0.1", 0, true },
        { "the rest went to other tokens", "yes no", "yes:0.6 no:0.2 maybe:0.1", "yes=0.75 no=0.25", 0.2, true },
        { "a capital is as good", "yes no", "Yes:0.5 yes:0.3 No:0.2", "yes=0.8 no=0.2", 0, true },
        { "but not where labels differ by it", "US us", "US:0.5 us:0.25 Us:0.25", "US=0.6666667 us=0.3333333", 0.25, true },
        { "a blank before it is no part of it", "yes no", "_yes:0.7 _no:0.3", "yes=0.7 no=0.3", 0, true },
        { "a full stop after it neither", "yes no", "yes.:0.7 no.:0.3", "yes=0.7 no=0.3", 0, false },
        { "another word that begins alike", "yes no", "yesterday:0.4 no:0.4", "yes=0 no=1", 0.6, false },
        { "a label of several tokens", "positive negative", "pos:0.8 neg:0.2|itive:1", "positive=0.8 negative=0.2", 0, true },
        { "labels that begin alike go on to the next place", "good_job good_try", "good:1|_job:0.9 _try:0.1", "good_job=0.9 good_try=0.1", 0, true },
        { "what begins several and was not written cannot be told apart", "bad good_job good_try", "bad:0.6 good:0.4", "bad=1 good_job=0 good_try=0", 0.4, true },
        { "one label begins another and ends here", "no not_sure", "no:0.8 yes:0.2|⏹:0.75 t:0.25", "no=0.75 not_sure=0.25", 0.2, true },
        { "one label begins another and nothing follows", "no not_sure", "no:1", "no=1 not_sure=0", 0, true },
        { "an empty token is no label", "yes no", "yes:0.5 :0.4 no:0.1", "yes=0.8333333 no=0.1666667", 0.4, true },
        { "blank lines first", "yes no", "⏎:0.9 yes:0.1|no:0.5 yes:0.5", "yes=0.55 no=0.45", 0, true },
        { "thoughts first", "yes no", "yes:1|</think>:1|⏎:1|no:0.75 yes:0.25", "yes=0.25 no=0.75", 0, false },
        { "a server that lets it write what it likes", "yes no", "No:0.6 Yes:0.3|,:1|it:1", "yes=0.3333333 no=0.6666667", 0.1, false },
        { "letters beyond ASCII", "größer kleiner", "gr:0.7 klein:0.3|ößer:1", "größer=0.7 kleiner=0.3", 0, true },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Probabilities_are_shared_out_among_the_labels(string why, string labels, string places, string expected, double unseen, bool isWhole)
    {
        using var vllm = FakeVllm.InMemory(Saying(places));
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        LabelResult result = await adapter.ClassifyAsync("a text", [.. labels.Split(' ').Select(Plain)]);

        string.Join(' ', result.Labels.Select(label => string.Create(CultureInfo.InvariantCulture, $"{label.Label.Replace(' ', '_')}={Math.Round(label.Probability, 7)}")))
            .Should().Be(expected, why);
        result.UnseenProbability.Should().BeApproximately(unseen, 1e-6, why);
        (result.Labels.Sum(label => label.SeenProbability) + result.UnseenProbability).Should().BeApproximately(1, 1e-6);
        result.IsWholeLabel.Should().Be(isWhole, why);
        result.Label.Should().Be(result.Labels.MaxBy(label => label.Probability).Label);
    }

    [Theory]
    [InlineData("maybe:0.9 perhaps:0.1", "has none of the labels among the most likely tokens")]
    [InlineData(null, "has no log probabilities")]
    public async Task An_answer_without_probabilities_of_the_labels_is_a_failure_that_keeps_its_text(string? places, string words)
    {
        using var vllm = FakeVllm.InMemory(places is null ? Script.Event("""{"choices":[{"index":0,"delta":{"content":"maybe"}}]}""").Finishes("stop").Done() : Saying(places));
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        VllmRequestException told = (await FluentActions.Awaiting(() => adapter.ClassifyAsync("a text", ["yes", "no"])).Should().ThrowAsync<VllmRequestException>()).Which;

        (told.Failure, told.ResponseBody).Should().Be((RequestFailure.InvalidReply, "maybe"));
        told.Message.Should().Contain(words);
    }

    [Fact]
    public async Task An_answer_that_broke_off_is_none()
    {
        using var vllm = FakeVllm.InMemory(Script.Event(Chunk("yes:0.9 no:0.1")).Cuts());
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        await FluentActions.Awaiting(() => adapter.ClassifyAsync("a text", ["yes", "no"])).Should().ThrowAsync<IncompleteStreamException>();
    }

    [Fact]
    public async Task An_answer_that_was_cut_by_its_length_tells_its_labels()
    {
        using var vllm = FakeVllm.InMemory(Script.Event(Chunk("yes:0.9 no:0.1")).Finishes("length").Done());
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        (await adapter.ClassifyAsync("a text", ["yes", "no"])).Probability.Should().BeApproximately(0.9, 1e-9);
    }

    [Fact]
    public async Task One_request_asks_for_a_label_and_the_likeliest_tokens()
    {
        using var vllm = FakeVllm.InMemory(Saying("positive:1"));
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        await adapter.ClassifyAsync("What a day!", ["positive", "negative"]);

        JsonNode body = vllm.Requests.Single().Json!;
        body["structured_outputs"]!.ToJsonString().Should().Be("""{"choice":["positive","negative"]}""");
        (body["logprobs"]!.GetValue<bool>(), body["top_logprobs"]!.GetValue<int>(), body["temperature"]!.GetValue<double>(), body["max_tokens"]!.GetValue<int>())
            .Should().Be((true, 20, 0, 12));
        body["chat_template_kwargs"]!.ToJsonString().Should().Be("""{"enable_thinking":false}""");
        body["messages"]![0]!["content"]!.GetValue<string>().Should().Be(
            "Classify the text below. Answer with exactly one of these labels and nothing else: positive, negative.\n\nText:\nWhat a day!");
    }

    [Fact]
    public async Task What_the_chat_sets_itself_stays()
    {
        using var vllm = FakeVllm.InMemory(Saying("yes:1"));
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        await adapter.ClassifyAsync(new LabelRequest
        {
            Chat = ChatRequest.FromPrompt("?") with
            {
                MaxTokens = 1,
                Logprobs = new() { TopLogprobs = 5 },
                Sampling = new() { Temperature = 1, Seed = 3 },
                Reasoning = new() { Enabled = true },
            },
            Labels = ["yes", "no"],
        });

        JsonNode body = vllm.Requests.Single().Json!;
        (body["max_tokens"]!.GetValue<int>(), body["top_logprobs"]!.GetValue<int>(), body["temperature"]!.GetValue<double>(), body["seed"]!.GetValue<int>())
            .Should().Be((1, 5, 1, 3));
        body["chat_template_kwargs"]!.ToJsonString().Should().Be("""{"enable_thinking":true}""");
    }

    [Theory]
    [InlineData("Yes:0.8 No:0.2", true, 0.8)]
    [InlineData("no:0.9 yes:0.05", false, 0.0526316)]
    public async Task Yes_or_no_is_a_form_of_its_own(string places, bool isYes, double probability)
    {
        using var vllm = FakeVllm.InMemory(Saying(places));
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        YesNoResult result = await adapter.AskYesNoAsync("Is a llama a mammal?");

        result.IsYes.Should().Be(isYes);
        result.Probability.Should().BeApproximately(probability, 1e-6);
        vllm.Requests.Single().Json!["messages"]![0]!["content"]!.GetValue<string>().Should().Be("Is a llama a mammal?\n\nAnswer with yes or no and nothing else.");
    }

    public static TheoryData<LabelRequest, string> Unsendable => new()
    {
        { new LabelRequest { Chat = ChatRequest.FromPrompt("?"), Labels = ["yes"] }, "Labels must be two or more, but there are 1" },
        { new LabelRequest { Chat = ChatRequest.FromPrompt("?"), Labels = ["yes", ""] }, "one is or does" },
        { new LabelRequest { Chat = ChatRequest.FromPrompt("?"), Labels = ["yes", " no"] }, "one is or does" },
        { new LabelRequest { Chat = ChatRequest.FromPrompt("?"), Labels = ["yes", "yes"] }, "two are the same" },
        { new LabelRequest { Chat = ChatRequest.FromPrompt("?") with { ChoiceCount = 2 }, Labels = ["yes", "no"] }, "ChoiceCount must be 1 or null" },
    };

    [Theory]
    [MemberData(nameof(Unsendable))]
    public async Task Labels_that_cannot_be_told_apart_are_refused(LabelRequest request, string words)
    {
        using var vllm = FakeVllm.InMemory();
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        (await FluentActions.Awaiting(() => adapter.ClassifyAsync(request)).Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain(words);
        vllm.Requests.Should().BeEmpty();
    }

    private static ScriptedReply Saying(string places) =>
        places.Split('|').Aggregate(Script.Empty, (script, place) => script.Event(Chunk(place))).Finishes("stop").Done();

    private static string Chunk(string place)
    {
        var tokens = new JsonArray([.. place.Split(' ').Select(Token)]);
        JsonNode written = tokens[0]!.DeepClone();
        written["top_logprobs"] = tokens;
        return new JsonObject
        {
            ["id"] = "chatcmpl-1",
            ["object"] = "chat.completion.chunk",
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["delta"] = new JsonObject { ["content"] = place[0] == '⏹' ? "" : written["token"]!.DeepClone() },
                ["logprobs"] = new JsonObject { ["content"] = new JsonArray(written) },
            }),
        }.ToJsonString();
    }

    private static JsonNode Token(string spec)
    {
        int at = spec.LastIndexOf(':');
        string token = Plain(spec[..at]);
        return new JsonObject
        {
            ["token"] = token,
            ["logprob"] = Math.Log(double.Parse(spec[(at + 1)..], CultureInfo.InvariantCulture)),
            ["bytes"] = new JsonArray([.. Encoding.UTF8.GetBytes(token).Select(unit => (JsonNode)(int)unit)]),
        };
    }

    private static string Plain(string text) =>
        text.Replace('_', ' ').Replace('⏎', '\n').Replace("⏹", "<|im_end|>", StringComparison.Ordinal);
}
