using System.Text.Json;

namespace VllmAdapter.Testing;

/// <summary>Gives what the model wrote as one reply, as the server's version would: its whole-reply parsers differ from the streamed ones.</summary>
internal static class ModelWhole
{
    public static WholeReply Of(ScriptedReply script, FakeCall call, VllmProfile profile)
    {
        ModelTurn turn = ModelTurn.Of(script, call, profile);
        string? scripted = turn.EndedByItself ? script.Steps.OfType<ScriptStep.Finish>().FirstOrDefault()?.Reason : null;
        return new WholeReply(
            [.. Enumerable.Range(0, call.Choices).Select(index => Choice(turn, call, profile, index, scripted))],
            new FakeTokens(call.PromptTokens, turn.Completion * call.Choices, ReasoningTokens(turn, profile)));
    }

    public static string IdOf(FakeCall call, int choice, int index) => $"chatcmpl-tool-{call.Id["chatcmpl-".Length..]}{choice:x2}{index:x2}";

    // Counted apart since 0.28 (#45802), and only when there was reasoning.
    public static int? ReasoningTokens(ModelTurn turn, VllmProfile profile) =>
        profile.HasFieldsOf032 && turn.Tokens.Count(token => token.Part == ModelPart.Reasoning) is > 0 and var reasoning ? reasoning : null;

    private static WholeChoice Choice(ModelTurn turn, FakeCall call, VllmProfile profile, int index, string? scripted)
    {
        WholeCall[] calls = [.. WholeCalls(turn, call, index)];
        bool isLost = calls.Length == 0 && turn.Tokens.Any(token => token.Part is ModelPart.CallOpening);
        string text = string.Concat(turn.Tokens
            .Where(token => token.Part == ModelPart.Text || (isLost && !call.IsForced && token.Part > ModelPart.Text))
            .Select(token => token.Text));
        string reasoning = string.Concat(turn.Tokens.Where(token => token.Part == ModelPart.Reasoning).Select(token => token.Text));
        string reason = scripted ?? call.ToolChoice switch
        {
            _ when calls.Length == 0 => turn.Reason,
            null => turn.Reason,
            "required" => turn.Reason == "stop" ? profile.CompletesRequiredWith : turn.Reason,
            _ => "tool_calls",
        };
        return new WholeChoice(
            index,
            text.Length > 0 || call.IsForced ? text : calls.Length > 0 || reasoning.Length > 0 ? null : "",
            reasoning.Length > 0 && call.ShowsReasoning ? reasoning : null,
            calls,
            reason,
            turn.StopReason);
    }

    // The parsers of a whole reply want the whole call: one that was cut stays text, as the model wrote it.
    private static IEnumerable<WholeCall> WholeCalls(ModelTurn turn, FakeCall call, int choice)
    {
        foreach (IGrouping<int, ModelToken> one in turn.Tokens.Where(token => token.Part > ModelPart.Text).GroupBy(token => token.CallIndex))
        {
            if (one.Key > 0 && !call.AllowsParallelCalls)
                yield break;
            string arguments = string.Concat(one.Where(token => token.Part == ModelPart.Arguments).Select(token => token.Text));
            bool isBareJson = one.All(token => token.Part == ModelPart.Arguments);
            if (isBareJson || IsWhole(one))
                yield return new WholeCall(IdOf(call, choice, one.Key), isBareJson ? call.NamedTool : NameOf(one), arguments);
        }
    }

    private static bool IsWhole(IEnumerable<ModelToken> call) =>
        call.Any(token => token.Part == ModelPart.CallClosing)
        && OpenJson.Closing(string.Concat(call.Select(token => token.Text))).Trim(']').Length == 0;

    private static string? NameOf(IEnumerable<ModelToken> call) =>
        JsonSerializer.Deserialize<string>(call.First(token => token.Part == ModelPart.CallName).Text);
}
