using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Guard;

/// <summary>What a guard says of its own: in the field <c>vllm_adapter</c>, in error events and in error bodies.</summary>
internal static class Words
{
    /// <summary>The extension field.</summary>
    public const string Field = "vllm_adapter";

    /// <summary>The header and trailer of the verdict.</summary>
    public const string VerdictHeader = "vllm-adapter-verdict";

    public static string Snake<T>(T word)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(word.ToString());

    /// <summary>The value of the extension field: how the answer ended, and what that rests on.</summary>
    public static JsonObject Explanation(StreamOutcome outcome)
    {
        var json = new JsonObject
        {
            ["verdict"] = Snake(outcome.Verdict),
            ["certainty"] = Snake(outcome.Certainty),
            ["explanation"] = outcome.Explain(),
        };
        if (outcome.WithheldToolCalls.Count > 0)
            json["withheld_tool_calls"] = new JsonArray([.. outcome.WithheldToolCalls.Select(Withheld)]);

        return json;
    }

    /// <summary>The error that an answer ends as, in OpenAI's shape.</summary>
    public static JsonObject Error(Ending ending)
    {
        StreamOutcome outcome = ending.Outcome;
        ServerError? servers = outcome.Evidence.Error;
        JsonObject json = Error(Sentence(ending), servers?.Type ?? ending.Error ?? "no_answer", code: ServersCode(servers) ?? 502);
        JsonObject explanation = Explanation(outcome);
        if (outcome.Usage is { } usage)
            explanation["usage"] = new JsonObject { ["prompt_tokens"] = usage.PromptTokens, ["completion_tokens"] = usage.CompletionTokens };

        json[Field] = explanation;
        return json;
    }

    public static JsonObject Error(string message, string type, int code, string? param = null) => new()
    {
        ["error"] = new JsonObject { ["message"] = message, ["type"] = type, ["param"] = param, ["code"] = code },
    };

    // The call by its name, and the setting: whoever reads it stands behind a client that says no more than this.
    private static string Sentence(Ending ending)
    {
        StreamOutcome outcome = ending.Outcome;
        string told = outcome.Explain();
        IEnumerable<string> calls = outcome.WithheldToolCalls.Select(static call => call.Explain()).Where(call => !told.Contains(call, StringComparison.Ordinal));
        string? wayOut = outcome.WithheldToolCalls.Count > 0 ? WayOut(outcome) : null;
        return string.Join(' ', [told, .. calls, .. wayOut is null ? Array.Empty<string>() : [wayOut]]);
    }

    private static string WayOut(StreamOutcome outcome) => outcome.WithheldToolCalls[0].Reason switch
    {
        WithheldReason.ChoiceCut when outcome.Limit == LengthLimit.ContextWindow => "Shorten the conversation and ask again.",
        WithheldReason.ChoiceCut => "Raise max_tokens (on /v1/responses max_output_tokens) and ask again.",
        WithheldReason.EndUnconfirmed or WithheldReason.ArgumentsMissing or WithheldReason.ArgumentsOpen => "Ask again with \"stream\": false.",
        WithheldReason.NameMissing => "Ask for one choice (n = 1), or check the server's --tool-call-parser.",
        WithheldReason.ArgumentsMalformed or WithheldReason.ArgumentsNotAnObject => "Ask again; if it stays so, check the server's --tool-call-parser.",
        _ => "Ask again.",
    };

    private static int? ServersCode(ServerError? error) =>
        int.TryParse(error?.Code, out int code) && code is >= 400 and < 600 ? code : null;

    private static JsonNode Withheld(WithheldToolCall call) => new JsonObject
    {
        ["index"] = call.ChoiceIndex,
        ["name"] = call.Name,
        ["reason"] = Snake(call.Reason),
    };
}
