using static VllmAdapter.Testing.ScenarioRows;

namespace VllmAdapter.Testing;

/// <summary>The same events as each release of vLLM tells them, and a few exchanges as they were recorded.</summary>
internal static class ServerVersionScenarios
{
    private static readonly ScriptedReply Weather = Script.Model.Calls("get_weather", "{\"city\":", " \"Paris\"}");

    public static IReadOnlyList<Scenario> Rows { get; } =
    [
        .. VllmProfile.All.Select(profile => OfVersion(profile, "text, then stop", Ask.Text, Script.Model.Says("Hello."), Ends.Completed("Hello."))),
        .. VllmProfile.All.Select(profile => OfVersion(profile, "thoughts, then text", Ask.Text, Script.Model.Reasons("Let me see.").Says("Hello."), Ends.Completed() with { Reasoning = "Let me see.", Text = null })),
        .. VllmProfile.All.Select(profile => OfVersion(profile, "a call", Ask.Tools, Weather, Ends.Completed().Ready(Ends.Paris))),
        .. VllmProfile.All.Select(profile => OfVersion(
            profile, "a required call", Ask.AnyTool, Weather, (profile == VllmProfile.V0_8 ? Ends.Unconfirmed() : Ends.Completed()).Ready(Ends.Paris))),
        .. VllmProfile.All.Select(profile => OfVersion(profile, "a named call", Ask.Weather, Weather, Ends.Completed().Ready(Ends.Paris))),
        .. VllmProfile.All.Select(profile => OfVersion(
            profile, "a whole reply with a call", Ask.Whole, Weather, Ends.Completed().Ready(Ends.Paris))),
        .. VllmProfile.All.Select(profile => OfVersion(
            profile, "text cut by max tokens", Ask.Text.CappedAt(2), Script.Model.Says("one two three four"), Ends.Length(LengthLimit.MaxTokens, text: null))),
        .. VllmProfile.All.Select(CutCall),
        .. VllmProfile.All.Select(profile => OfVersion(
            profile, "an engine that dies in mid-stream", Ask.Text, Script.Says("Hel").Fails().Done(), Ends.ServerError("Hel"))),
        .. VllmProfile.All.Select(profile => OfVersion(
            profile, "an engine that dies before the first token", Ask.Text, Script.Fails().Done(), Ends.Fails(RequestFailure.EngineDead))),

        Replayed("plain-stop", "recorded 0.32.0", RecordedStreams.PlainStop, Ask.Text, Ends.Completed("Here is the answer: 42. Grüße, 你好, 🙂 done.")),
        Replayed(
            "the story: a whole call, usage, no finish reason", "ogx#2113, recorded 0.8.5", RecordedStreams.StoryWithoutFinishReason, Ask.Tools,
            Ends.Unconfirmed("<|tool_call|>").Ready(Ends.RandomNumber).Leaves(BudgetState.Available)),
        Replayed(
            "a cut call that looks whole", "vllm#58228, recorded 0.8.5", RecordedStreams.CutCallThatLooksWhole, Ask.Tools.CappedAt(22),
            Ends.HiddenLength().Withholds(WithheldReason.ChoiceCut)),
        Replayed(
            "silence after SIGTERM", "recorded 0.32.0", RecordedStreams.SilentAfterSigterm, Ask.Text,
            Ends.Stalled().Leaves(BudgetState.Indeterminate) with { Text = null }).ImpatientBetweenChunks(),
    ];

    private static Scenario CutCall(VllmProfile profile) => OfVersion(
        profile,
        "a call cut by max tokens",
        Ask.Tools.CappedAt(16),
        Script.Model.Calls("save_plan", "{\"title\":", " \"Trip", " to", " Paris", " and", " its", " museums", " in", " one", " long", " weekend\"}"),
        new ExpectedEnd { Verdict = StreamVerdict.LengthLimited, Limit = LengthLimit.MaxTokens, Withheld = [WithheldReason.ChoiceCut] });

    private static Scenario OfVersion(VllmProfile profile, string what, ChatRequest request, ScriptedReply reply, ExpectedEnd end) =>
        Row($"{what}: {profile}", $"recorded {profile.Version}", request, reply, end).From(profile);

    private static Scenario Replayed(string name, string source, RecordedExchange exchange, ChatRequest request, ExpectedEnd end) =>
        Row($"recording: {name}", source, request, Script.Replays(exchange), end);
}
