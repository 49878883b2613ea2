using System.Globalization;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What vLLM refuses on the route of plain completions, in the sentences of the version.</summary>
internal sealed class TextRefusals(FakeVllmOptions options, Refusals refusals)
{
    private const int MostLogprobs = 20;

    private readonly RefusalWriter _writer = new(options.Profile);

    private VllmProfile Profile => options.Profile;

    /// <summary>No prompt at all, or an empty one.</summary>
    public WireReply? OfPrompt(JsonObject body)
    {
        bool isMissing = body.At("prompt") is null && body.At("prompt_embeds") is null;
        if (!isMissing && body.At("prompt").Text() is not "" && body.At("prompt") is not JsonArray { Count: 0 })
            return null;

        if (Profile.HasFlatErrors)
            return isMissing ? _writer.OfFields(FieldFault.Missing(body, "body", "prompt")) : refusals.Refuse("The decoder prompt cannot be empty", "BadRequestError");

        return _writer.OfModel("Either prompt or prompt_embeds must be provided and non-empty.", body, "prompt", namedSince: 26);
    }

    /// <summary>What is refused before the engine is asked.</summary>
    public WireReply? OfFields(JsonObject body, IReadOnlyList<FakePrompt> prompts)
    {
        if (body.At("suffix").Text() is not null)
        {
            return Profile.ClampsToContext
                ? refusals.Refuse("suffix is only supported for models with FIM completion rendering", "BadRequestError", "suffix")
                : refusals.Refuse("suffix is not currently supported", "BadRequestError");
        }

        bool streams = body.At("stream").Flag() ?? false;
        if (!streams && body.At("stream_options") is not null)
            return _writer.OfModel("Stream options can only be defined when `stream=True`.", body, "stream_options");

        return OfWindow(body, prompts) ?? (streams ? null : InEngineFault(body, prompts) is { } fault ? _writer.Refuse(fault, StatusOf(fault)) : null);
    }

    /// <summary>What only the engine refuses: inside a 200 where the reply is streamed.</summary>
    public ScriptedReply? InEngine(JsonObject body, IReadOnlyList<FakePrompt> prompts) =>
        InEngineFault(body, prompts) is { } fault ? Script.Empty.Then(new ScriptStep.Failure(fault)).Done() : null;

    // The assertion on a null fails without a word (0.20.2 and before), and so does a streamed echo on 0.8.5.
    private ServerFault? InEngineFault(JsonObject body, IReadOnlyList<FakePrompt> prompts)
    {
        if (Profile.Minor <= 20 && body.ContainsKey("max_tokens") && body["max_tokens"] is null)
            return Profile.NamesParameters ? new ServerFault("", "InternalServerError", 500) : new ServerFault("", "BadRequestError", 400);
        if (Profile.HasFlatErrors && body.At("echo").Flag() is true && body.At("stream").Flag() is true)
            return new ServerFault("", "BadRequestError", 400);
        if (prompts.SelectMany(prompt => prompt.Ids).FirstOrDefault(id => id is < 0 or >= Tokenizer.Vocabulary) is var odd and not 0)
            return new ServerFault($"Token id {odd} is out of vocabulary", "BadRequestError", 400);
        if (body.At("logprobs").Count() is not (> MostLogprobs and var asked))
            return null;

        return Profile.HasFlatErrors
            ? new ServerFault($"Cannot request more than {MostLogprobs} logprobs.", "BadRequestError", 400)
            : _writer.Named($"Requested sample logprobs of {asked}, which is greater than max allowed: {MostLogprobs}", "logprobs", $"{asked}");
    }

    private WireReply? OfWindow(JsonObject body, IReadOnlyList<FakePrompt> prompts)
    {
        int window = options.ContextWindow;
        int longest = prompts.Max(prompt => prompt.Tokens);
        int wanted = body.At("max_tokens").Count() ?? 0;

        // 0.11.0 calls the window what max tokens leave of it, even below zero.
        if (Profile is { NamesParameters: false, HasFlatErrors: false })
        {
            return longest + wanted <= window ? null : refusals.Refuse(
                string.Create(CultureInfo.InvariantCulture, $"This model's maximum context length is {window - wanted} tokens. However, your request has {longest} input tokens. Please reduce the length of the input messages."),
                "BadRequestError");
        }

        if (Profile.Minor == 20 && wanted > window)
        {
            return _writer.Refuse(_writer.Named(
                $"max_tokens={wanted} cannot be greater than max_model_len=max_total_tokens={window}. Please request fewer output tokens.", "max_tokens", $"{wanted}"));
        }

        return new ContextRefusals(Profile, options, _writer).Of(body, longest);
    }

    private static int StatusOf(ServerFault fault) => fault.Code.GetValue<int>();
}
