namespace VllmAdapter.Testing;

/// <summary>Rows of a table of scenarios, one a line as far as they fit.</summary>
internal static class ScenarioRows
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    public static Scenario Text(string name, string source, ScriptedReply reply, ExpectedEnd end) => Row(name, source, Ask.Text, reply, end);

    public static Scenario Tools(string name, string source, ScriptedReply reply, ExpectedEnd end) => Row(name, source, Ask.Tools, reply, end);

    public static Scenario Row(string name, string source, ChatRequest request, ScriptedReply reply, ExpectedEnd end) => new()
    {
        Name = name,
        Sources = source.Split(", "),
        Request = request,
        Reply = reply,
        Expected = end,
    };

    public static Scenario From(this Scenario scenario, VllmProfile profile) => scenario with { Profile = profile };

    /// <summary>HttpClient throws away what it has of an HTTP/2 stream, at times the headers too, as soon as the stream is reset.</summary>
    public static Scenario NotOverHttp2(this Scenario scenario) =>
        scenario with { Transports = ScenarioTransports.InMemory | ScenarioTransports.Http1 };

    public static Scenario ImpatientForHeaders(this Scenario scenario) => scenario.Limited(limits => limits.Headers = Soon);

    public static Scenario ImpatientForTheFirstChunk(this Scenario scenario) => scenario.Limited(limits => limits.FirstChunk = Soon);

    public static Scenario ImpatientBetweenChunks(this Scenario scenario) => scenario.Limited(limits => limits.BetweenChunks = Soon);

    public static Scenario ImpatientForTheSentinel(this Scenario scenario) => scenario.Limited(limits => limits.Grace = Soon);

    public static Scenario ImpatientInAll(this Scenario scenario) => scenario.Limited(limits => limits.Total = Soon);

    private static Scenario Limited(this Scenario scenario, Action<TimeLimits> limit) =>
        scenario with { Configure = options => limit(options.TimeLimits) };
}
