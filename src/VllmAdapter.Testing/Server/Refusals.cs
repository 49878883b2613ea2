using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What vLLM refuses about a chat request, in the sentences of the version.</summary>
internal sealed class Refusals(VllmProfile profile, FakeVllmOptions options)
{
    // No server can answer with more at once, and neither can this one.
    private const int MostChoices = 16_384;

    public WireReply? OfBody(ReceivedRequest request)
    {
        if (request.Headers.TryGetValue("Content-Type", out string? type) && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            const string only = "Unsupported Media Type: Only 'application/json' is allowed";
            return !profile.NamesParameters
                ? ReplyRendering.Json($$"""{"detail":"{{only}}"}""", profile, 415)
                : Refuse($"1 validation error:\n  {only}", "Bad Request");
        }

        try
        {
            _ = JsonNode.Parse(request.Body);
            return null;
        }
        catch (JsonException broken)
        {
            string at = (broken.BytePositionInLine ?? 0).ToString(CultureInfo.InvariantCulture);
            return Invalid("json_invalid", ["body", at], "JSON decode error", "{}", "<dict of 0 items>", ", 'ctx': {'error': 'Expecting value'}");
        }
    }

    public WireReply? OfChat(JsonNode body, int prompt) =>
        body.At("messages") is null ? Missing(body, "messages") : OfFields(body) ?? OfSampling(body) ?? OfContext(body, prompt);

    /// <summary>What is refused only when the engine gets it: inside a 200.</summary>
    public ServerFault? OfEngine(JsonNode body)
    {
        if (body.At("top_logprobs").Count() is not { } asked || asked <= 20)
            return null;
        string value = asked.ToString(CultureInfo.InvariantCulture);
        return profile.HasFlatErrors
            ? new ServerFault("Cannot request more than 20 logprobs.", "BadRequestError", 400)
            : Named($"Requested sample logprobs of {value}, which is greater than max allowed: 20", "logprobs", value);
    }

    public WireReply Refuse(string message, string type, string? param = null, int status = 400) =>
        ReplyRendering.Error(status, new ServerFault(message, type, status, profile.NamesParameters ? param : null), profile);

    private WireReply? OfFields(JsonNode body)
    {
        bool streams = body.At("stream").Flag() ?? false;
        if (!streams && body.At("stream_options") is not null)
            return BadField(body, "Stream options can only be defined when `stream=True`.", "stream_options");
        if (streams && body.At("prompt_logprobs").Count() is > 0 or -1)
            return BadField(body, "`prompt_logprobs` are not available when `stream=True`.", "prompt_logprobs");

        bool forcesTool = body.At("tool_choice") is JsonObject || body.At("tool_choice").Text() is not null and not "none";
        var tools = body.At("tools") as JsonArray;
        if (forcesTool && tools is not { Count: > 0 })
            return BadField(body, "When using `tool_choice`, `tools` must be set.", "tool_choice");
        if (body.At("tool_choice") is JsonObject named
            && tools!.All(tool => tool.At("function", "name").Text() != named.At("function", "name").Text()))
            return BadField(body, "The tool specified in `tool_choice` does not match any of the specified `tools`", "tool_choice");
        return null;
    }

    private WireReply? OfSampling(JsonNode body)
    {
        if (body.At("messages") is JsonArray { Count: 0 })
        {
            return Refuse(
                profile.HasFlatErrors ? "" : "Cannot apply chat template to an empty conversation. Provide at least one message.", "BadRequestError");
        }

        if (DamagedCall(body) is { } damage)
            return Refuse(damage, "BadRequestError");
        if (body.At("n").Count() is < 1 and var n)
            return Refuse($"n must be at least 1, got {n}.", "BadRequestError");
        if (body.At("n").Count() is > MostChoices and var tooMany)
            return Refuse($"n must be at most {MostChoices}, got {tooMany}.", "BadRequestError");
        double? temperature = body.At("temperature").Number();
        if (temperature < 0)
        {
            string got = temperature.Value.ToString("0.0###", CultureInfo.InvariantCulture);
            return Refuse(Named($"temperature must be non-negative, got {got}.", "temperature", got));
        }

        if (temperature == 0 && body.At("n").Count() is > 1 and var many)
            return Refuse($"n must be 1 when using greedy sampling, got {many}.", "BadRequestError");
        if (FakeCall.MaxTokens(body) is < 1 and var maxTokens)
        {
            string got = maxTokens.ToString(CultureInfo.InvariantCulture);
            return Refuse(Named($"max_tokens must be at least 1, got {got}.", "max_tokens", got));
        }

        return FakeCall.StopsOf(body).Any(string.IsNullOrEmpty) ? Refuse("stop cannot contain an empty string.", "BadRequestError") : null;
    }

    private WireReply? OfContext(JsonNode body, int prompt)
    {
        int window = options.ContextWindow;
        int? asked = FakeCall.MaxTokens(body);
        int wanted = asked ?? 0;
        string model = $"This model's maximum context length is {window} tokens.";
        if (profile.HasFlatErrors)
        {
            return prompt + Math.Max(wanted, 1) <= window ? null : Refuse(
                asked is null
                    ? $"{model} However, you requested {prompt} tokens in the messages, Please reduce the length of the messages."
                    : $"{model} However, you requested {prompt + wanted} tokens ({prompt} in the messages, {wanted} in the completion). Please reduce the length of the messages or completion.",
                "BadRequestError");
        }

        if (!profile.NamesParameters)
        {
            if (prompt >= window)
                return Refuse($"{model} However, your request has {prompt} input tokens. Please reduce the length of the input messages. None", "BadRequestError");
            return prompt + wanted <= window ? null : Refuse(
                $"'max_tokens' or 'max_completion_tokens' is too large: {wanted}. {model[..^1]} and your request has {prompt} input tokens ({wanted} > {window} - {prompt}). None",
                "BadRequestError");
        }

        if (wanted > window)
        {
            return Refuse(Named(
                $"max_tokens={wanted} cannot be greater than max_model_len={window}. Please request fewer output tokens.", "max_tokens", $"{wanted}"));
        }

        // Counting stops one token past what fits, so the number is a lower bound.
        int room = profile.ClampsToContext ? window : window - wanted;
        if (prompt > room)
        {
            return Refuse(Named(
                profile.ClampsToContext
                    ? $"{model} However, your prompt contains at least {room + 1} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt."
                    : $"{model} However, you requested {wanted} output tokens and your prompt contains at least {room + 1} input tokens, for a total of at least {window + 1} tokens. Please reduce the length of the input prompt or the number of requested output tokens.",
                "input_tokens",
                $"{room + 1}"));
        }

        return prompt < window ? null : Refuse(Named("max_tokens must be at least 1, got 0.", "max_tokens", "0"));
    }

    // A damaged call in the history: refused by 0.8.5, which reads even "" as damaged; newer servers take it.
    private string? DamagedCall(JsonNode body)
    {
        if (profile.NamesParameters)
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

    private WireReply Missing(JsonNode body, string field) =>
        Invalid("missing", ["body", field], "Field required", Python.Repr(body), $"<dict of {body.AsObject().Count} items>", "");

    private WireReply BadField(JsonNode body, string message, string param)
    {
        if (profile.ShortensValidation)
            return Refuse($"{message} (parameter={param})", "BadRequestError", param);
        return Invalid(
            "value_error", ["body"], $"Value error, {message}", Python.Repr(body), "", $", 'ctx': {{'error': ValueError('{message}')}}");
    }

    // Schema validation: older servers hand the Python text through, 0.32 shortens it.
    private WireReply Invalid(string kind, string[] place, string message, string input, string shortInput, string context)
    {
        if (profile.ShortensValidation)
        {
            string path = string.Join('.', place);
            return Refuse(
                $"1 validation error:\n  {{'type': '{kind}', 'loc': '{path}', 'msg': '{message}', 'input': '{shortInput}'{context}}}", "Bad Request", path);
        }

        string location = string.Join(", ", place.Select(part => int.TryParse(part, CultureInfo.InvariantCulture, out _) ? part : $"'{part}'"));
        string error = $"{{'type': '{kind}', 'loc': ({location}{(place.Length == 1 ? "," : "")}), 'msg': '{message}', 'input': {input}{context}}}";
        return Refuse(
            profile.NamesParameters ? $"1 validation error:\n  {error}" : $"[{error}]", profile.HasFlatErrors ? "BadRequestError" : "Bad Request");
    }

    private ServerFault Named(string message, string param, string value) => profile.NamesParameters
        ? new ServerFault($"{message} (parameter={param}, value={value})", "BadRequestError", 400, param)
        : new ServerFault(message, "BadRequestError", 400);

    private WireReply Refuse(ServerFault fault) => ReplyRendering.Error(400, fault, profile);
}
