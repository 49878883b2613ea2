namespace VllmAdapter.Tests.Failures;

public class ContextRefusalReaderTests
{
    private const string Head = "This model's maximum context length is 2048 tokens. However, ";

    /// <summary>Words, blamed field, asked max tokens; window, prompt, whether "at least", requested, prompt alone too long.</summary>
    public static TheoryData<string, string?, int?, int?, int?, bool, int?, bool?> Sentences => new()
    {
        // Up to 0.10.0.
        { Head + "you requested 3000 tokens in the messages, Please reduce the length of the messages.", null, null, 2048, 3000, false, null, true },
        { Head + "you requested 3311 tokens (1811 in the messages, 1500 in the completion). Please reduce the length of the messages or completion.", null, 1500, 2048, 1811, false, 1500, false },
        { Head + "you requested 9211 tokens (9011 in the messages, 200 in the completion). Please reduce the length of the messages or completion.", null, 200, 2048, 9011, false, 200, true },
        { Head + "you requested 2500 tokens in the input for embedding generation. Please reduce the length of the input.", null, null, 2048, 2500, false, null, true },

        // 0.10.1 to 0.17.
        { Head + "your request has 9011 input tokens. Please reduce the length of the input messages. None", null, 200, 2048, 9011, false, 200, true },
        { "This maximum context length is 2048 tokens. However, your request has 9011 input tokens. Please reduce the length of the input messages.", null, null, 2048, 9011, false, null, true },
        { "'max_tokens' or 'max_completion_tokens' is too large: 1500. This model's maximum context length is 2048 tokens and your request has 1811 input tokens (1500 > 2048 - 1811). None", null, 1500, 2048, 1811, false, 1500, false },
        { "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context length is 2048 tokens and your request has 20 input tokens (4000 > 2048 - 20).", null, 4000, 2048, 20, false, 4000, false },

        // vllm#33418: the window is shown less max_tokens, so this prompt alone may well fit.
        { "This model's maximum context length is 548 tokens. However, your request has 1811 input tokens. Please reduce the length of the input messages.", null, 1500, 548, 1811, false, 1500, null },

        // 0.16 and 0.17.
        { "You passed 1811 input tokens and requested 1500 output tokens. However, the model's context length is only 2048 tokens, resulting in a maximum input length of 548 tokens. Please reduce the length of the input prompt.", "input_tokens", 1500, 2048, 1811, false, 1500, false },
        { "You passed 3000 input tokens and requested 0 output tokens. However, the model's context length is only 2048 tokens, resulting in a maximum input length of 2048 tokens.", "input_tokens", null, 2048, 3000, false, null, true },
        { "You passed 90000 input characters and requested 100 output tokens. However, the model's context length is only 2048 tokens, resulting in a maximum input length of 1948 tokens (at most 50000 characters).", "input_text", 100, 2048, null, false, 100, null },
        { "You passed 90000 input characters and requested 0 output tokens. However, the model's context length is only 2048 tokens, resulting in a maximum input length of 2048 tokens (at most 50000 characters).", "input_text", null, 2048, null, false, null, true },

        // 0.18 and later. "At least" is where counting stopped.
        { Head + "you requested 200 output tokens and your prompt contains at least 1849 input tokens, for a total of at least 2049 tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=1849)", "input_tokens", 200, 2048, 1849, true, 200, null },
        { Head + "you requested 1500 output tokens and your prompt contains 1811 input tokens, for a total of 3311 tokens. Please reduce the length of the input prompt.", "input_tokens", 1500, 2048, 1811, false, 1500, false },
        { Head + "you requested 0 output tokens and your prompt contains at least 2049 input tokens, for a total of at least 2049 tokens.", "input_tokens", null, 2048, 2049, true, null, true },
        { Head + "you requested 200 output tokens and your prompt contains 90000 characters (more than 48048 characters, which is the upper bound for 1848 input tokens). Please reduce the length of the input prompt.", "input_text", 200, 2048, null, false, 200, null },
        { Head + "you requested 0 output tokens and your prompt contains 90000 characters (more than 53248 characters, which is the upper bound for 2048 input tokens).", "input_text", null, 2048, null, false, null, true },

        // 0.32.0.
        { Head + "your prompt contains at least 2049 input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value=2049)", "input_tokens", 200, 2048, 2049, true, 200, true },

        // The Rust front end.
        { "this model's maximum context length is 2048 tokens, but the prompt contains 3000 input tokens", null, null, 2048, 3000, false, null, true },

        // Max tokens alone is larger than the window; nothing is said of the prompt.
        { "max_tokens=4000 cannot be greater than max_model_len=2048. Please request fewer output tokens. (parameter=max_tokens, value=4000)", "max_tokens", 4000, 2048, null, false, 4000, null },
        { "max_completion_tokens=4000 cannot be greater than max_model_len=2048.", "max_completion_tokens", 4000, 2048, null, false, 4000, null },

        { "max_tokens=4000 cannot be greater than max_model_len=max_total_tokens=2048. Please request fewer output tokens. (parameter=max_tokens, value=4000)", "max_tokens", 4000, 2048, null, false, 4000, null }, // 0.20.2

        // From the engine.
        { "The decoder prompt (length 3000) is longer than the maximum model length of 2048. Make sure that `max_model_len` is no smaller than the number of text tokens.", null, null, 2048, 3000, false, null, true },
        { "The decoder prompt (length 2048) plus the number of requested output tokens (at least 1) is longer than the maximum model length of 2048.", null, 5, 2048, 2048, false, 5, true },
        { "Input length (3000) exceeds model's maximum context length (2048).", null, 10, 2048, 3000, false, 10, true },

        { "The prompt (total length 43698) is too long to fit into the model (context length 32768). Make sure that `max_model_len` is no smaller than the number of text tokens plus multimodal tokens.", null, 200, 32768, 43698, false, 200, true }, // pictures, up to 0.8.5 (vllm#11657)

        // Other servers: SGLang, llama.cpp.
        { "The input (12345 tokens) is longer than the model's context length (8192 tokens).", null, 200, 8192, 12345, false, 200, true },
        { "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 9000 tokens: 8000 tokens from the input messages and 1000 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.", null, 1000, 8192, 8000, false, 1000, false },
        { "request (4104 tokens) exceeds the available context size (4096 tokens), try increasing it", null, 100, 4096, 4104, false, 100, true },

        // The prompt fills the window, and vLLM refuses what it worked out to be left.
        { "max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)", "max_tokens", null, null, null, false, null, true },
        { "max_tokens must be at least 1, got -12.", null, 64, null, null, false, 64, true },

        // Gateways: vLLM's JSON inside their own words; their own words alone; a blamed field alone.
        { "litellm.ContextWindowExceededError: litellm.BadRequestError: Hosted_vllmException - {\"error\":{\"message\":\"" + Head + "your prompt contains at least 2049 input tokens, which exceeds this limit even without any output tokens. (parameter=input_tokens, value=2049)\",\"code\":400}}\nmodel=tiny.", null, 200, 2048, 2049, true, 200, true },
        { "litellm.ContextWindowExceededError: too long", null, 200, null, null, false, 200, null },
        { "The prompt is too long.", "input_tokens", null, null, null, false, null, null },
        { "max_tokens is more than the context holds", "max_tokens", 9000, null, null, false, 9000, null },

        // Numbers too large for a number are no numbers.
        { "This model's maximum context length is 99999999999 tokens. However, your request has 3 input tokens.", null, null, null, 3, false, null, null },
    };

    [Theory]
    [MemberData(nameof(Sentences))]
    public void Every_known_sentence_gives_its_numbers(
        string message, string? param, int? asked, int? window, int? prompt, bool atLeast, int? requested, bool? promptAlone)
    {
        ContextRefusalReader.TryRead(message, param, asked, out ContextRefusal? refusal).Should().BeTrue();

        refusal.Should().Be(new ContextRefusal
        {
            ContextWindow = window,
            PromptTokens = prompt,
            PromptIsLowerBound = atLeast,
            RequestedMaxTokens = requested,
            PromptAloneIsTooLong = promptAlone,
        });
    }

    [Theory]
    [InlineData(1988, 9001, true)]
    [InlineData(148, 1801, null)]
    [InlineData(-1952, 20, null)]
    public void Completions_of_0_11_name_no_window_but_what_max_tokens_leaves_of_it(int told, int prompt, bool? promptAlone)
    {
        string message = $"This model's maximum context length is {told} tokens. However, your request has {prompt} input tokens. Please reduce the length of the input messages.";

        ContextRefusalReader.TryRead(message, null, requestedMaxTokens: 2048 - told, out ContextRefusal? refusal, mayBeLess: true).Should().BeTrue();

        (refusal!.ContextWindow, refusal.PromptTokens, refusal.PromptAloneIsTooLong).Should().Be((null, prompt, promptAlone));
    }

    [Fact]
    public void A_window_below_zero_is_none() =>
        Window("This model's maximum context length is -1952 tokens. However, your request has 20 input tokens.").Should().BeNull();

    [Fact]
    public void Completions_that_name_the_window_rightly_are_believed() =>
        Window("This model's maximum context length is 2048 tokens. However, you requested 0 output tokens and your prompt contains at least 2049 input tokens.", mayBeLess: true)
            .Should().Be(2048);

    private static int? Window(string message, bool mayBeLess = false)
    {
        ContextRefusalReader.TryRead(message, null, null, out ContextRefusal? refusal, mayBeLess).Should().BeTrue();
        return refusal!.ContextWindow;
    }

    [Theory]
    [InlineData("max_tokens must be at least 1, got -1. (parameter=max_tokens, value=-1)", "max_tokens", -1)]
    [InlineData("max_tokens must be at least 1, got 0.", null, 0)]
    [InlineData("max_tokens must be at least 1, got 5.", null, null)]
    [InlineData("n must be at least 1, got 0.", null, null)]
    [InlineData("temperature must be non-negative, got -2.0. (parameter=temperature, value=-2.0)", "temperature", 10)]
    [InlineData("Input should be a valid integer", "max_tokens", 10)]
    [InlineData("", null, null)]
    public void A_mistake_in_the_request_is_no_refusal_of_its_length(string message, string? param, int? asked) =>
        ContextRefusalReader.TryRead(message, param, asked, out _).Should().BeFalse();
}
