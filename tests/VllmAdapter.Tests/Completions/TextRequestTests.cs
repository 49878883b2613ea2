using System.Text.Json.Nodes;
using VllmAdapter.Tests.Requests;

namespace VllmAdapter.Tests.Completions;

/// <summary>The body that a <see cref="TextRequest"/> is sent as, and what is not sent at all.</summary>
public sealed class TextRequestTests
{
    public static TheoryData<TextRequest, string> Bodies => new()
    {
        { TextRequest.FromPrompt("Once"), """{"prompt":"Once","stream":true,"stream_options":{"include_usage":true}}""" },
        { new() { Prompts = ["a", "b"], Stream = false }, """{"prompt":["a","b"]}""" },
        { new() { Prompts = [TextPrompt.FromTokens([1, 2])], Stream = false }, """{"prompt":[1,2]}""" },
        { new() { Prompts = [TextPrompt.FromTokens([1, 2]), TextPrompt.FromTokens([3])], Stream = false }, """{"prompt":[[1,2],[3]]}""" },
        { new() { Prompts = ["a"], Stream = false, MaxTokens = 0, Echo = true }, """{"prompt":"a","max_tokens":0,"echo":true}""" },
        { new() { Prompts = ["a"], Stream = false, Logprobs = new() }, """{"prompt":"a","logprobs":0}""" },
        { new() { Prompts = ["a"], Stream = false, Logprobs = new() { TopLogprobs = 3, TokenIds = [7], TokensAsIds = true } }, """{"prompt":"a","logprobs":3,"logprob_token_ids":[7],"return_tokens_as_token_ids":true}""" },
        { new() { Prompts = ["a"], Stream = false, PromptLogprobs = 1, TruncateTo = -1, AddSpecialTokens = false, Suffix = "z", User = "u" }, """{"prompt":"a","prompt_logprobs":1,"truncate_prompt_tokens":-1,"add_special_tokens":false,"suffix":"z","user":"u"}""" },
        { new() { Prompts = ["a"], Stream = false, ChoiceCount = 2, Sampling = new() { Temperature = 1, Stop = ["."] } }, """{"prompt":"a","n":2,"temperature":1,"stop":["."]}""" },
        { new() { Prompts = ["a"], Stream = false, Output = StructuredOutput.OneOf("x", "y"), Serving = new() { Priority = 3, CacheSalt = "s" } }, """{"prompt":"a","structured_outputs":{"choice":["x","y"]},"priority":3,"cache_salt":"s"}""" },
        { new() { Prompts = [], Stream = false, Extra = new() { ["prompt_embeds"] = "AAAA" } }, """{"prompt_embeds":"AAAA"}""" },
        { new() { Prompts = ["a"], Stream = false, Extra = new() { ["best_of"] = 2, ["prompt"] = "b" } }, """{"prompt":"b","best_of":2}""" },
    };

    public static TheoryData<TextRequest, string> Refused => new()
    {
        { new() { Prompts = [] }, "Prompts" },
        { new() { Prompts = ["a", TextPrompt.FromTokens([1])] }, "one kind at a time" },
        { new() { Prompts = ["a"], MaxTokens = 0 }, "MaxTokens" },
        { new() { Prompts = ["a"], MaxTokens = -1 }, "MaxTokens" },
        { new() { Prompts = ["a"], ChoiceCount = 0 }, "ChoiceCount" },
        { new() { Prompts = [.. Enumerable.Repeat<TextPrompt>("a", 200)], ChoiceCount = 100 }, "10,000 choices" },
        { new() { Prompts = ["a"], Logprobs = new() { TopLogprobs = -2 } }, "Logprobs.TopLogprobs" },
        { new() { Prompts = ["a"], PromptLogprobs = 1 }, "PromptLogprobs" },
        { new() { Prompts = ["a"], TruncateTo = 0 }, "TruncateTo" },
        { new() { Prompts = ["a"], Sampling = new() { TopP = 2 } }, "Sampling.TopP" },
        { new() { Prompts = ["a"], Sampling = new() { Stop = [""] } }, "Sampling.Stop" },
        { new() { Prompts = ["a"], MaxTokens = 3, Sampling = new() { MinTokens = 4 } }, "Sampling.MinTokens" },
        { new() { Prompts = ["a"], Output = StructuredOutput.Grammar("root ::= (") }, "grammar" },
        { new() { Prompts = ["a"], Extra = new() { ["stream"] = false } }, "Set Stream" },
        { new() { Prompts = ["a"], Headers = new() { Session = "Grüße" } }, "Headers.Session" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Only_what_is_set_is_sent(TextRequest request, string body) => Build(request).ShouldBeJson(body);

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_no_server_takes_is_not_sent(TextRequest request, string words)
    {
        var adapter = new VllmInferenceAdapter("http://nowhere.test");

        FluentActions.Invoking(() => adapter.StreamTextAsync(request)).Should().Throw<ArgumentException>().WithMessage($"*{words}*").Which.ParamName.Should().Be("request");
        (await adapter.Awaiting(it => it.CompleteTextAsync(request)).Should().ThrowAsync<ArgumentException>()).WithMessage($"*{words}*");
    }

    [Fact]
    public void The_adapters_model_is_that_of_a_request_that_names_none()
    {
        Build(TextRequest.FromPrompt("a"), "mine")["model"]!.GetValue<string>().Should().Be("mine");
        Build(TextRequest.FromPrompt("a") with { Model = "other" }, "mine")["model"]!.GetValue<string>().Should().Be("other");
    }

    [Fact]
    public void A_prompt_of_no_tokens_is_none() =>
        FluentActions.Invoking(() => TextPrompt.FromTokens([])).Should().Throw<ArgumentException>();

    [Fact]
    public void Equal_requests_are_equal_and_say_nothing_of_what_they_ask()
    {
        TextRequest request = new() { Prompts = ["secret", "words"], MaxTokens = 3, Model = "m" };

        request.Should().Be(new TextRequest { Prompts = ["secret", "words"], MaxTokens = 3, Model = "m" });
        request.ToString().Should().Be("Text request: 2 prompts, model m, at most 3 tokens");
        request.Prompts[0].ToString().Should().Be("Prompt of 6 characters");
    }

    private static JsonObject Build(TextRequest request, string? model = null) =>
        JsonNode.Parse(TextRequestBody.Build(request, model, UsageReporting.Final).Utf8)!.AsObject();
}
