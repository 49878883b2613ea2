using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace VllmAdapter.Testing;

/// <summary>What vLLM makes of constraints that contradict each other, say nothing, or do not compile. 0.8.5 knows <c>response_format</c> only.</summary>
internal sealed partial class ConstraintRefusals(VllmProfile profile, RefusalWriter writer)
{
    private static readonly string[] Kinds = ["json", "regex", "choice", "grammar", "json_object", "structural_tag"];

    private static readonly string[] Exclusive = ["json", "regex", "choice"];

    private static readonly string[] Types = ["string", "number", "integer", "boolean", "object", "array", "null"];

    private bool KnowsStructured => profile.Minor >= 11;

    /// <summary>What is refused before the engine gets it.</summary>
    public WireReply? Of(JsonNode body)
    {
        if (body.At("response_format", "type").Text() == "json_schema" && body.At("response_format", "json_schema") is null)
        {
            return profile.NamesParameters
                ? writer.OfModel("When response_format type is 'json_schema', the 'json_schema' field must be provided.", body, "response_format")
                : writer.Refuse("", profile.HasFlatErrors ? "InternalServerError" : "Internal Server Error", status: 500);
        }

        if (!KnowsStructured || body.At("structured_outputs") is not JsonObject outputs)
            return null;
        if (Exclusive.Count(kind => outputs[kind] is not null) > 1)
            return writer.OfModel("You can only use one kind of constraints for structured outputs ('json', 'regex' or 'choice').", body, null);
        if (profile.Minor < 13)
            return null;

        JsonObject all = Joined(body, outputs);
        string? fault = Kinds.Count(kind => all[kind] is not null) switch
        {
            0 => $"You must use one kind of structured outputs constraint but none are specified: {Dump(all)}",
            > 1 => $"You can only use one kind of structured outputs constraint but multiple are specified: {Dump(all)}",
            _ => null,
        };
        if (fault is null || profile.ShortensValidation)
            return fault is null ? null : writer.Refuse(fault);
        return writer.Refuse(
            $"1 validation error for StructuredOutputsParams\n  Value error, {fault} [type=value_error, input_value=ArgsKwargs((), {{'json': N...'structural_tag': None}}), "
            + "input_type=ArgsKwargs]\n    For further information visit https://errors.pydantic.dev/2.14/v/value_error");
    }

    /// <summary>What becomes of it in the engine: null if nothing is wrong.</summary>
    public ScriptedReply? InEngine(JsonNode body)
    {
        JsonObject outputs = KnowsStructured ? body.At("structured_outputs") as JsonObject ?? [] : [];
        bool isAsked = KnowsStructured && body.At("structured_outputs") is JsonObject;
        string? format = body.At("response_format", "type").Text();
        if (profile.Minor == 11)
        {
            bool saysNothing = format == "text" || (isAsked && Kinds.All(kind => outputs[kind] is null) && format is null);
            if (saysNothing || HasEmptyRule(outputs))
                return Script.Fails().Done();
            if (isAsked && format is "json_object" or "json_schema" && Kinds.Any(kind => outputs[kind] is not null))
                return Script.Empty.GoesSilent();
        }

        if (HasEmptyRule(outputs))
        {
            return profile.Minor switch
            {
                20 => Script.Fails().Done(),
                32 => Script.Empty.Then(new ScriptStep.Role(0)).Fails("Internal server error").Done(),
                _ => Refused("Grammar error: no rules"),
            };
        }

        return FaultOf(outputs, body.At("response_format", "json_schema", "schema")) is { } fault ? Refused(fault) : null;
    }

    private static ScriptedReply Refused(string message) => Script.Fails(message, 400, "BadRequestError").Done();

    private static bool HasEmptyRule(JsonObject outputs) => outputs["grammar"].Text() is { } grammar && EmptyRule().IsMatch(grammar);

    private string? FaultOf(JsonObject outputs, JsonNode? schema)
    {
        if (outputs["choice"] is JsonArray { Count: 0 })
            return "Choice '[]' cannot be an empty list";
        if (outputs["regex"].Text() is { } pattern && RegexFault(pattern) is { } fault)
            return fault;

        JsonNode? asked = outputs["json"];
        if (asked.Text() is { } text)
        {
            try
            {
                asked = JsonNode.Parse(text);
            }
            catch (JsonException)
            {
                return profile.Minor >= 28 ? "Invalid JSON grammar specification." : "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)";
            }
        }

        if ((asked.At("type") ?? schema.At("type")).Text() is not { } type || Types.Contains(type))
            return null;
        return profile.HasFlatErrors ? $"[00:00:00] /project/cpp/json_schema_converter.cc:637: Unsupported type \"{type}\"\n" : $"Grammar error: Invalid type: {type}";
    }

    private string? RegexFault(string pattern)
    {
        Match around = LookAround().Match(pattern);
        (int at, int length, string what) = around.Success
            ? (around.Index, around.Length, "look-around, including look-ahead and look-behind, is not supported")
            : Unclosed(pattern);
        if (at < 0)
            return null;
        string caret = new string(' ', 4 + at) + new string('^', length);
        return $"Grammar error: at 1(8): invalid regex \"{pattern}\" (in regex): regex parse error:\n    {pattern}\n{caret}\nerror: {what}\n   1 | start: /{pattern}/\n              ^"
            + (profile.Minor < 26 ? "\n" : "");
    }

    // As far as groups and classes go; the rest of the dialect is the real server's to judge.
    private static (int At, int Length, string What) Unclosed(string pattern)
    {
        var open = new Stack<int>();
        for (int at = 0; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case '\\':
                    at++;
                    break;
                case '[':
                    int end = ClassEnd(pattern, at);
                    if (end < 0)
                        return (at, 1, "unclosed character class");
                    at = end;
                    break;
                case '(':
                    open.Push(at);
                    break;
                case ')' when !open.TryPop(out _):
                    return (at, 1, "unopened group");
            }
        }

        return open.TryPeek(out int last) ? (last, 1, "unclosed group") : (-1, 0, "");
    }

    private static int ClassEnd(string pattern, int start)
    {
        for (int at = start + 2; at < pattern.Length; at++)
        {
            if (pattern[at] == '\\')
                at++;
            else if (pattern[at] == ']')
                return at;
        }

        return -1;
    }

    private static JsonObject Joined(JsonNode body, JsonObject outputs)
    {
        var all = outputs.DeepClone().AsObject();
        if (body.At("response_format", "type").Text() == "json_object")
            all["json_object"] = true;
        else if (body.At("response_format", "type").Text() == "json_schema")
            all["json"] = body.At("response_format", "json_schema", "schema")?.DeepClone();
        return all;
    }

    private static string Dump(JsonObject outputs) => Python.Repr(new JsonObject
    {
        ["json"] = outputs["json"]?.DeepClone(),
        ["regex"] = outputs["regex"]?.DeepClone(),
        ["choice"] = outputs["choice"]?.DeepClone(),
        ["grammar"] = outputs["grammar"]?.DeepClone(),
        ["json_object"] = outputs["json_object"]?.DeepClone(),
        ["disable_any_whitespace"] = outputs["disable_any_whitespace"].Flag() ?? false,
        ["disable_additional_properties"] = outputs["disable_additional_properties"].Flag() ?? false,
        ["whitespace_pattern"] = outputs["whitespace_pattern"]?.DeepClone(),
        ["structural_tag"] = outputs["structural_tag"]?.DeepClone(),
        ["_backend"] = null,
        ["_backend_was_auto"] = false,
    });

    [GeneratedRegex(@"^\s*[\w-]+\s*::=\s*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex EmptyRule();

    [GeneratedRegex(@"(?<!\\)\(\?<?[=!]", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex LookAround();
}
