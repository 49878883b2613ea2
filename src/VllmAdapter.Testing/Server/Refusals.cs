using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What vLLM refuses about a chat request, in the sentences of the version, and in its order: the body, its fields, the model, the conversation, the engine.</summary>
internal sealed class Refusals(VllmProfile profile, FakeVllmOptions options)
{
    private readonly RefusalWriter _writer = new(profile);

    public WireReply? OfBody(ReceivedRequest request)
    {
        if (request.Headers.TryGetValue("Content-Type", out string? type) && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
            return OfContentType();
        if (request.Body.Length == 0)
            return _writer.OfFields(FieldFault.Missing(null, "body"));

        try
        {
            return LooseJson.Parse(request.Body) is JsonArray list ? OfList(list) : null;
        }
        catch (JsonException broken)
        {
            string at = (broken.BytePositionInLine ?? 0).ToString(CultureInfo.InvariantCulture);
            string expected = request.Body.TrimEnd().EndsWith('{') ? "Expecting property name enclosed in double quotes" : "Expecting value";
            return _writer.OfFields(new FieldFault("json_invalid", ["body", at], "JSON decode error", new JsonObject()) { Context = $"'error': '{expected}'" });
        }
    }

    /// <summary>What is refused before it is known which model is asked.</summary>
    public WireReply? OfFields(JsonNode body) => new FieldRefusals(profile, _writer).Of(body) ?? OfModel(body) ?? new ConstraintRefusals(profile, _writer).Of(body);

    /// <summary>What is refused while the conversation is read, and the parameters after it.</summary>
    public WireReply? OfChat(JsonNode body, int prompt) =>
        OfConversation(body) ?? new MediaRefusals(_writer).Of(body) ?? new SamplingRefusals(profile, _writer).Of(body) ?? new ContextRefusals(profile, options, _writer).Of(body, prompt);

    /// <summary>What becomes of a request that only the engine refuses, inside a 200, or dies of.</summary>
    public ScriptedReply? InEngine(JsonNode body) =>
        OfTokens(body) is { } fault ? Script.Empty.Then(new ScriptStep.Failure(fault)).Done() : new ConstraintRefusals(profile, _writer).InEngine(body);

    public WireReply Refuse(string message, string type, string? param = null, int status = 400) => _writer.Refuse(message, type, param, status);

    /// <summary>Text that is none: half of a surrogate pair.</summary>
    public WireReply OfText() => _writer.Template("TextEncodeInput must be Union[TextInputSequence, Tuple[InputSequence, InputSequence]]");

    private WireReply OfContentType()
    {
        const string only = "Unsupported Media Type: Only 'application/json' is allowed";
        return profile.Minor switch
        {
            8 => ReplyRendering.Json($$"""{"detail":"{{only}}"}""", profile, 415),
            11 => _writer.Refuse($" [\"{only}\"]", "Bad Request"),
            < 26 => _writer.Refuse($"1 validation error:\n  {only} [\"{only}\"]", "Bad Request"),
            _ => _writer.Refuse($"1 validation error:\n  {only}", "Bad Request"),
        };
    }

    private WireReply OfList(JsonArray list) => profile.ShortensValidation
        ? _writer.OfFields(new FieldFault("model_attributes_type", ["body"], "Input should be a valid dictionary or object to extract fields from", list))
        : ReplyRendering.Plain(Script.Replies(500, "Internal Server Error", "text/plain; charset=utf-8"), profile);

    private WireReply? OfModel(JsonNode body)
    {
        bool streams = body.At("stream").Flag() ?? false;
        if (!streams && body.At("stream_options") is not null)
            return _writer.OfModel("Stream options can only be defined when `stream=True`.", body, "stream_options");
        if (streams && body.At("prompt_logprobs").Count() is > 0 or -1)
            return _writer.OfModel("`prompt_logprobs` are not available when `stream=True`.", body, "prompt_logprobs");
        if (body.At("top_logprobs").Count() > 0 && body.At("logprobs").Flag() is not true)
            return _writer.OfModel("when using `top_logprobs`, `logprobs` must be set to true.", body, "top_logprobs");
        if (profile.Minor >= 11 && body.At("cache_salt").Text() is "")
            return _writer.OfModel("Parameter 'cache_salt' must be a non-empty string if provided.", body, "cache_salt", namedSince: 26);
        return OfTools(body);
    }

    private WireReply? OfTools(JsonNode body)
    {
        JsonNode? choice = body.At("tool_choice");
        var tools = body.At("tools") as JsonArray;
        if (profile.Minor >= 20 && tools is { Count: 0 })
            return _writer.OfModel("`tools` must not be an empty array. Either provide at least one tool or omit the field entirely.", body, "tools", namedSince: 26);
        if (choice is null || choice.Text() is "none")
            return null;
        if (tools is null)
            return _writer.OfModel("When using `tool_choice`, `tools` must be set.", body, "tool_choice", namedSince: 26);
        if (choice is not JsonObject)
            return null;
        if (choice.At("function") is null)
        {
            return _writer.OfModel(
                "Invalid value for `function`: `None` in `tool_choice`! Correct usage: `{\"type\": \"function\", \"function\": {\"name\": \"my_function\"}}`",
                body,
                "tool_choice.function",
                namedSince: 26);
        }

        return tools.All(tool => tool.At("function", "name").Text() != choice.At("function", "name").Text())
            ? _writer.OfModel("The tool specified in `tool_choice` does not match any of the specified `tools`", body, "tool_choice", namedSince: 26)
            : null;
    }

    private WireReply? OfConversation(JsonNode body)
    {
        if (body.At("continue_final_message").Flag() is true && body.At("add_generation_prompt").Flag() is not false)
        {
            return _writer.Refuse(profile.HasFlatErrors
                ? ""
                : "continue_final_message and add_generation_prompt are not compatible. Use continue_final_message when you want the model to continue the final message, "
                    + "and add_generation_prompt when you want to add a header that will prompt it to start a new assistant message instead.");
        }

        if (body.At("messages") is JsonArray { Count: 0 })
        {
            return _writer.Refuse(profile.Minor switch
            {
                8 => "",
                11 => "list index out of range list index out of range",
                20 => "list index out of range",
                _ => "Cannot apply chat template to an empty conversation. Provide at least one message.",
            });
        }

        return DamagedCall(body) is { } damage ? _writer.Template(damage) : null;
    }

    // A damaged call in the history: refused up to 0.26, and 0.8.5 reads even "" as damaged; newer servers take it.
    private string? DamagedCall(JsonNode body)
    {
        if (profile.Minor > 26)
            return null;
        IEnumerable<string> arguments = body.At("messages").Items()
            .SelectMany(message => message.At("tool_calls").Items())
            .Select(call => call.At("function", "arguments").Text())
            .OfType<string>();
        foreach (string text in arguments.Where(text => text.Length > 0 || profile.HasFlatErrors))
        {
            try
            {
                _ = JsonNode.Parse(text);
            }
            catch (JsonException)
            {
                bool endsInString = OpenJson.Closing(text).StartsWith('"');
                int at = endsInString ? text.LastIndexOf('"') : text.Length;
                return $"{(endsInString ? "Unterminated string starting at" : "Expecting value")}: line 1 column {at + 1} (char {at})";
            }
        }

        return null;
    }

    private ServerFault? OfTokens(JsonNode body)
    {
        if (body.At("top_logprobs").Count() is > 20 and var asked)
        {
            return profile.HasFlatErrors
                ? new ServerFault("Cannot request more than 20 logprobs.", "BadRequestError", 400)
                : _writer.Named($"Requested sample logprobs of {asked}, which is greater than max allowed: 20", "logprobs", $"{asked}");
        }

        if (profile.HasFlatErrors && body.At("priority").Count() is { } priority and not 0)
            return new ServerFault($"Got priority {priority} but Priority scheduling is not enabled.", "BadRequestError", 400);
        if (profile.Minor >= 16 && body.At("truncate_prompt_tokens").Count() == 0)
            return new ServerFault("The decoder prompt cannot be empty", "BadRequestError", 400);
        if (profile.Minor >= 11 && body.At("allowed_token_ids") is JsonArray allowed && (allowed.Count == 0 || allowed.Any(IsNoToken)))
        {
            return _writer.Named(
                allowed.Count == 0 ? "allowed_token_ids is not None and empty!" : "allowed_token_ids contains out-of-vocab token id!",
                "allowed_token_ids",
                Python.Repr(allowed));
        }

        if (profile.Minor >= 28 && body.At("stop_token_ids").Items().FirstOrDefault(IsNoToken) is { } stop)
            return OutOfVocabulary("stop_token_ids", stop.ToJsonString());
        return (body.At("logit_bias") as JsonObject ?? []).Select(bias => bias.Key).FirstOrDefault(key => IsNoToken(JsonNode.Parse(key))) is { } token
            ? OutOfVocabulary("logit_bias", token)
            : null;
    }

    private ServerFault OutOfVocabulary(string field, string token) => profile.HasFlatErrors
        ? new ServerFault($"token_id {token} in {field} contains out-of-vocab token id", "BadRequestError", 400)
        : _writer.Named($"token_id(s) [{token}] in {field} contain out-of-vocab token ids. Vocabulary size: {Tokenizer.Vocabulary}", field, $"[{token}]");

    private static bool IsNoToken(JsonNode? id) => id.Number() is < 0 or >= Tokenizer.Vocabulary;
}
