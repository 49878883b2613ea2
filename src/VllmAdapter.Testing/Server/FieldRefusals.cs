using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What the types of vLLM's request model refuse.</summary>
internal sealed class FieldRefusals(VllmProfile profile, RefusalWriter writer)
{
    private const string Formats = "'text', 'json_object' or 'json_schema'";

    private static readonly string[] Wholes = ["max_tokens", "max_completion_tokens", "n", "min_tokens", "top_k", "seed", "truncate_prompt_tokens", "top_logprobs", "prompt_logprobs"];

    private static readonly string[] Fractions = ["temperature", "top_p", "min_p", "frequency_penalty", "presence_penalty", "repetition_penalty", "length_penalty"];

    public WireReply? Of(JsonNode body) =>
        OfMessages(body) ?? OfNumbers(body) ?? OfWords(body) ?? OfStop(body) ?? OfTools(body) ?? OfFormat(body);

    private WireReply? OfMessages(JsonNode body)
    {
        if (body is JsonObject members && !members.ContainsKey("messages"))
            return writer.OfFields(FieldFault.Missing(body, "body", "messages"));
        if (body.At("messages") is not JsonArray messages)
            return writer.OfFields(new FieldFault("list_type", ["body", "messages"], "Input should be a valid list", body.At("messages")));

        for (int at = 0; at < messages.Count; at++)
        {
            if (messages[at] is JsonObject message && (OfMessage(message, $"{at}") ?? OfParts(message)) is { } refusal)
                return refusal;
        }

        return null;
    }

    // A message may be of ten kinds, and none of them fits: the first is told here, and how many objections there are.
    private WireReply? OfMessage(JsonObject message, string at)
    {
        string[] kind = ["body", "messages", at, "ChatCompletionDeveloperMessageParam"];
        if (!message.ContainsKey("role"))
            return writer.OfFields(11, null, FieldFault.Missing(message, [.. kind, "role"]));

        JsonNode? content = message["content"];
        bool isWrong = message.ContainsKey("content")
            && (content is null ? message.At("role").Text() != "assistant" : content.GetValueKind() == JsonValueKind.Number);
        if (isWrong)
        {
            int count = content is not null ? 22 : message.At("role").Text() == "tool" ? 18 : 19;
            return writer.OfFields(count, null, new FieldFault("string_type", [.. kind, "content"], "Input should be a valid string", content)
            {
                LongPlace = [.. kind, "content", "str"],
            });
        }

        foreach (JsonNode? call in message.At("tool_calls").Items())
        {
            if (call.At("function") is JsonObject function && function.TryGetPropertyValue("arguments", out JsonNode? arguments) && arguments.Text() is null)
                return OfArguments(arguments);
        }

        return null;
    }

    // Calls are only looked at when the conversation is read, and 0.11.0 and 0.8.5 tell it as the library underneath does.
    private WireReply OfArguments(JsonNode? arguments)
    {
        string[] kind = ["body", "0", "ChatCompletionMessageFunctionToolCallParam", "function"];
        if (profile.NamesParameters)
        {
            return writer.OfFields(3, null, new FieldFault("string_type", kind, "Input should be a valid string", arguments) { LongPlace = [.. kind, "arguments"] });
        }

        string place = profile.HasFlatErrors ? "0.function.arguments" : $"0.{kind[2]}.function.arguments";
        return writer.Refuse(Underneath(profile.HasFlatErrors ? 1 : 3, place, "Input should be a valid string", "string_type", arguments));
    }

    private WireReply? OfParts(JsonObject message)
    {
        const string text = "0.ChatCompletionContentPartTextParam.text";
        foreach (JsonNode? part in message.At("content").Items())
        {
            if (part.At("type").Text() == "text" && part is JsonObject said && said.ContainsKey("text") && said["text"].Text() is null)
                return writer.Refuse(Underneath(7, text, "Input should be a valid string", "string_type", said["text"]));
            if (part.At("type").Text() is { } type && part is JsonObject { Count: 2 } && !MediaRefusals.Kinds.Contains(type))
                return writer.Refuse(Underneath(8, text, "Field required", "missing", part));
        }

        return null;
    }

    private static string Underneath(int count, string place, string message, string kind, JsonNode? input) =>
        $"{count} validation error{(count == 1 ? "" : "s")} for ValidatorIterator\n{place}\n  {message} [type={kind}, input_value={Python.Repr(input)}, "
        + $"input_type={(input is null ? "NoneType" : input is JsonObject ? "dict" : "str")}]\n    For further information visit https://errors.pydantic.dev/2.14/v/{kind}";

    private WireReply? OfNumbers(JsonNode body)
    {
        foreach (string field in Wholes.Concat(Fractions))
        {
            if (body.At(field) is { } value && FaultOf(field, value) is { } fault)
                return writer.OfFields(fault);
        }

        // 0 and 1 are taken for false and true.
        return body.At("logprobs").Number() is not (null or 0 or 1)
            ? writer.OfFields(new FieldFault("bool_parsing", ["body", "logprobs"], "Input should be a valid boolean, unable to interpret input", body.At("logprobs")))
            : null;
    }

    private FieldFault? FaultOf(string field, JsonNode value)
    {
        string[] place = ["body", field];
        bool isWhole = Wholes.Contains(field);
        if (value.Text() is { } text)
        {
            return double.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : isWhole
                ? new FieldFault("int_parsing", place, "Input should be a valid integer, unable to parse string as an integer", value)
                : new FieldFault("float_parsing", place, "Input should be a valid number, unable to parse string as a number", value);
        }

        if (!isWhole || value.Number() is not { } number)
            return null;
        if (number != Math.Truncate(number))
            return new FieldFault("int_from_float", place, "Input should be a valid integer, got a number with a fractional part", value);
        if (field == "seed" && BigInteger.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out BigInteger seed) && seed != (long)BigInteger.Clamp(seed, long.MinValue, long.MaxValue))
        {
            (string kind, string what, string sign, long limit) = seed > 0
                ? ("less_than_equal", "less", "le", long.MaxValue)
                : ("greater_than_equal", "greater", "ge", long.MinValue);
            return new FieldFault(kind, place, $"Input should be {what} than or equal to {limit}", value) { Context = $"'{sign}': {limit}" };
        }

        return field == "truncate_prompt_tokens" && profile.HasFlatErrors && number < 1
            ? new FieldFault("greater_than_equal", place, "Input should be greater than or equal to 1", value) { Context = "'ge': 1" }
            : null;
    }

    private WireReply? OfWords(JsonNode body)
    {
        string[] efforts = profile.Minor switch
        {
            8 => [],
            11 => ["low", "medium", "high"],
            20 => ["none", "low", "medium", "high"],
            _ => ["none", "minimal", "low", "medium", "high", "xhigh", "max"],
        };
        if (efforts.Length == 0 || body.At("reasoning_effort").Text() is not { } effort || efforts.Contains(effort))
            return null;
        string expected = $"{string.Join(", ", efforts[..^1].Select(word => $"'{word}'"))} or '{efforts[^1]}'";
        return writer.OfFields(FieldFault.Literal(effort, expected, "body", "reasoning_effort"));
    }

    private WireReply? OfStop(JsonNode body) => profile.Minor >= 28 && body.At("stop") is JsonArray { Count: > 4 } stops
        ? writer.OfFields(2, null, new FieldFault("string_type", ["body", "stop"], "Input should be a valid string", stops))
        : null;

    private WireReply? OfTools(JsonNode body)
    {
        JsonNode?[] tools = [.. body.At("tools").Items()];
        for (int at = 0; at < tools.Length; at++)
        {
            if (tools[at].At("type").Text() is null or "function")
                continue;
            FieldFault type = FieldFault.Literal(tools[at].At("type"), "'function'", "body", "tools", $"{at}", "type");
            return tools[at].At("function") is null
                ? writer.OfFields(type, FieldFault.Missing(tools[at], "body", "tools", $"{at}", "function"))
                : writer.OfFields(type);
        }

        return null;
    }

    private WireReply? OfFormat(JsonNode body) => body.At("response_format", "type").Text() is { } type and not ("text" or "json_object" or "json_schema" or "structural_tag")
        ? writer.OfFields(6, null, FieldFault.Literal(type, Formats, "body", "response_format", "type") with
        {
            LongPlace = ["body", "response_format", "function-wrap[__log_extra_fields__()]", "type"],
        })
        : null;
}
