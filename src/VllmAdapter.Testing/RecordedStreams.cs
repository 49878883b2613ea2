namespace VllmAdapter.Testing;

/// <summary>A few exchanges recorded from real vLLM servers, for samples and tests that need the real thing.</summary>
public static class RecordedStreams
{
    private static readonly Lazy<RecordedExchange> Story = new(() => Read("tools-zero-argument"));
    private static readonly Lazy<RecordedExchange> Closed = new(() => Read("tools-cut-at-22"));
    private static readonly Lazy<RecordedExchange> Plain = new(() => Read("plain-stop"));
    private static readonly Lazy<RecordedExchange> Silent = new(() => Read("server-sigterm-mid-stream"));

    /// <summary>vLLM 0.8.5, granite: a whole call of a tool without arguments, usage, <c>[DONE]</c>, and no chunk that declares how it ended.</summary>
    public static RecordedExchange StoryWithoutFinishReason => Story.Value;

    /// <summary>vLLM 0.8.5, hermes: a call cut at 22 of 22 tokens, closed into valid JSON by the server and declared as <c>tool_calls</c>.</summary>
    public static RecordedExchange CutCallThatLooksWhole => Closed.Value;

    /// <summary>vLLM 0.32.0: text, <c>stop</c>, usage, <c>[DONE]</c>.</summary>
    public static RecordedExchange PlainStop => Plain.Value;

    /// <summary>vLLM 0.32.0 that was told to stop (SIGTERM): a few tokens, then silence with the connection open.</summary>
    public static RecordedExchange SilentAfterSigterm => Silent.Value;

    private static RecordedExchange Read(string name)
    {
        using Stream stream = typeof(RecordedStreams).Assembly.GetManifestResourceStream($"{name}.json")
            ?? throw new InvalidOperationException($"The recording \"{name}\" is not in this assembly.");
        using var reader = new StreamReader(stream);
        return RecordedExchange.Parse(reader.ReadToEnd());
    }
}
