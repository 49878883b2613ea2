namespace VllmAdapter.Testing;

/// <summary>The ways in which answers are known to end, as one table.</summary>
/// <remarks>
/// <para>
/// Every row is a behaviour of a real server, gateway or proxy, with the report or the recording that it comes from, or a rule of the standard that
/// some client broke. Run them through a handler chain of your own, or play them to code of your own.
/// </para>
/// <para>
/// Not in the table is what no reply of a server can show: what the caller does (cancels, leaves the loop, writes a damaged call into the history,
/// sets a timeout of another layer), what the transport below HTTP does (half-closed TLS, GOAWAY, bodies that end with the connection, error
/// frames lost before they were sent), what other endpoints hide, and what cannot be seen at all: tokens that were counted and then lost out of the middle of a text,
/// text that is repeated because a gateway asked twice under one id, a disconnect that a gateway does not pass on.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// foreach (Scenario scenario in Scenarios.All)
///     (await scenario.RunAsync(ScenarioTransports.InMemory, inner => new MyHandler { InnerHandler = inner })).EnsureAsExpected();
/// </code>
/// </example>
public static class Scenarios
{
    /// <summary>Every row.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        .. EndMarkerScenarios.Rows,
        .. LimitScenarios.Rows,
        .. ToolCallScenarios.Rows,
        .. ServerVersionScenarios.Rows,
        .. ErrorScenarios.Rows,
        .. ConnectionScenarios.Rows,
        .. FramingScenarios.Rows,
        .. ShapeScenarios.Rows,
    ];
}
