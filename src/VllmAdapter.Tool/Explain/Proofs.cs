namespace VllmAdapter.Tool.Explain;

/// <summary>Says what came and what it proves, for people who know neither the library nor the wire.</summary>
internal sealed class Proofs(RecordedInput input, Replay replay)
{
    private readonly StreamOutcome? _outcome = replay.Answer?.Outcome;

    private RequestEvidence Asked => _outcome?.Evidence.Request ?? new RequestEvidence();

    public TimelineEntry Of(OpenEntry entry) => new()
    {
        Kind = entry.Kind,
        At = entry.At,
        FirstEvent = entry.FirstEvent,
        LastEvent = entry.LastEvent,
        Choice = entry.Choice,
        Came = (Asked.ChoiceCount > 1 && entry.Choice is { } choice ? $"choice {choice}: " : "") + Came(entry),
        Proves = Proves(entry),
    };

    public TimelineEntry OfTheEnd()
    {
        (string came, string proves) = new EndOfRecording(input, replay).Describe();
        TimeSpan at = replay.Exchange.Response.Pieces is [.., var last] ? last.At : TimeSpan.Zero;
        return new TimelineEntry { Kind = TimelineKind.End, At = at, Came = came, Proves = proves };
    }

    private static string Came(OpenEntry entry) => entry.Kind switch
    {
        TimelineKind.Text => $"text {Wording.Quote(entry.Text)}",
        TimelineKind.Reasoning => $"reasoning {Wording.Quote(entry.Text)}",
        TimelineKind.Refusal => $"refusal {Wording.Quote(entry.Text)}",
        TimelineKind.Call => $"call of {Name(entry)}: {(entry.Text.Length == 0 ? "no arguments" : Wording.OneLine(entry.Text))}",
        TimelineKind.FinishReason => $"finish_reason {Wording.Quote(entry.Declared.Word.Value)}"
            + (entry.Declared.StopReason is { } stop ? $", stop_reason {Wording.Quote(stop)}" : ""),
        TimelineKind.Usage => $"usage: {Wording.Number(entry.Evidence.Usage!.PromptTokens)} + {Wording.Number(entry.Evidence.Usage.CompletionTokens)} tokens",
        TimelineKind.Sentinel => entry.Text,
        TimelineKind.KeepAlive => Wording.Count(entry.Text.Length, "keep-alive comment"),
        TimelineKind.Error => ErrorText(entry.Evidence.Error!),
        TimelineKind.Unreadable => entry.Evidence.UnreadText is { } text ? Wording.Quote(text) : "something unreadable",
        _ => entry.Events == 1 ? "an empty chunk" : $"{Wording.Number(entry.Events)} empty chunks",
    };

    private string Proves(OpenEntry entry) => entry.Kind switch
    {
        TimelineKind.Text when IsTemplateToken(entry.Text) =>
            "Not the model's words: a token of its template, which the server's parser should have removed.",
        TimelineKind.Text => "The model writes. No text proves by itself that it is whole.",
        TimelineKind.Reasoning => "The model reasons. This is not the answer.",
        TimelineKind.Refusal => "The model declines to answer.",
        TimelineKind.Call => OfCall(entry),
        TimelineKind.FinishReason => OfWord(entry),
        TimelineKind.Usage => OfUsage(entry.Evidence.Usage!),
        TimelineKind.Sentinel => "The server came to the end of its stream. It sends this after errors and cuts too, so it says nothing about the answer.",
        TimelineKind.KeepAlive => "The connection is alive. That says nothing about the model.",
        TimelineKind.Error => "The server failed. Whatever follows does not make the answer whole.",
        TimelineKind.Unreadable => $"This is not part of a chat stream: {entry.Evidence.Malformation}.",
        _ when entry.FirstEvent == 1 => "The server took the request. The model has written nothing yet.",
        _ => "Nothing that a reader sees. Servers send such chunks while they hold a call back.",
    };

    private static string OfCall(OpenEntry entry)
    {
        string id = entry.Id is not null ? "" : " It came without an id.";
        string state = JsonState.Of(entry.Text) switch
        {
            JsonState.Kind.Empty => "A call without arguments. It may mean none, or they were lost.",
            JsonState.Kind.Whole => "The JSON is whole. That does not prove a whole call: some servers close cut calls themselves.",
            JsonState.Kind.Open => "Half a call: its JSON is still open.",
            _ => "The arguments are not a JSON object.",
        };
        return state + id;
    }

    private string OfWord(OpenEntry entry)
    {
        ChoiceOutcome? ruling = _outcome?.Choices.FirstOrDefault(choice => choice.Index == entry.Choice);
        ChoiceEvidence? choice = _outcome?.Evidence.Choices.FirstOrDefault(choice => choice.Index == entry.Choice);
        FinishReason word = entry.Declared.Word;
        bool saysCalls = word == FinishReason.ToolCalls || word == FinishReason.FunctionCall;
        return word switch
        {
            _ when entry.IsFollowedByOutput => "The server says that the answer has ended, but more of it follows: this is not its end.",
            _ when saysCalls && ruling is { Verdict: StreamVerdict.LengthLimited } =>
                "The server says that the model called tools. But all tokens that it had are used, and servers write this word over \"length\" (vllm#58228): "
                + "the call is cut.",
            _ when saysCalls && choice is { ToolCalls.Count: 0 } => "The server says that the model called tools. But no call came.",
            _ when saysCalls => "The server says that the model called tools.",
            _ when word == FinishReason.Stop => "The server says that the model ended its answer.",
            _ when word == FinishReason.Length => $"The server says that a token limit cut the answer{Limit(ruling?.Limit)}.",
            _ when word == FinishReason.Abort => "The server gave up on the request.",
            _ when word == FinishReason.Error => "The server says that it failed.",
            _ when ruling is { Verdict: StreamVerdict.Completed } => "The server says, in a word of its own, that the model ended its answer.",
            _ => "The server ended the answer for a reason of its own.",
        };
    }

    private string OfUsage(TokenUsage usage) => (_outcome?.Limit, Asked.MaxTokens) switch
    {
        (LengthLimit.ContextWindow, _) => "Prompt and answer fill the model's context window: the answer is cut.",
        (LengthLimit.ServerMaxTokens, _) => "The final count. It is less than the request allowed.",
        (_, null) => "The final count. The request set no limit to compare it with.",
        (_, { } most) when Asked.ChoiceCount > 1 => $"The sum over all choices; the request allowed {Wording.Number(most)} to each.",
        (_, { } most) when usage.CompletionTokens < most => $"The final count: less than the {Wording.Number(most)} that the request allowed, so they did not cut it.",
        (_, { } most) when usage.CompletionTokens == most => $"The final count: all {Wording.Number(most)} that the request allowed.",
        (_, { } most) => $"More than the {Wording.Number(most)} that the request allowed, so the count proves nothing.",
    };

    private static bool IsTemplateToken(string text) =>
        text.Trim() is ['<', '|', .., '|', '>'] token && !token.AsSpan(2, token.Length - 4).ContainsAny(" |<>");

    private static string Limit(LengthLimit? limit) => limit switch
    {
        LengthLimit.MaxTokens => ", the request's max_tokens",
        LengthLimit.ContextWindow => ", the model's context window",
        LengthLimit.ServerMaxTokens => ", one of the server's own",
        _ => "",
    };

    private static string Name(OpenEntry entry) => entry.Name is { } name ? Wording.OneLine(name, 64) : "an unnamed tool";

    private static string ErrorText(ServerError error) =>
        $"error{(error.Code is { } code ? $" {Wording.OneLine(code, 64)}" : "")}{(error.Message is { Length: > 0 } message ? $": {Wording.OneLine(message)}" : "")}";
}
