namespace VllmAdapter.Testing;

/// <summary>The ways in which answers are known to end, as one table.</summary>
/// <remarks>
/// <para>
/// Every row is a behaviour of a real server, gateway or proxy, with the report or the recording that it comes from, or a rule of the standard that
/// some client broke. Run them through a handler chain of your own, or play them to code of your own.
/// </para>
/// <para>
/// Not in the table is what no script of a reply can show: what the caller does (cancels, leaves the loop, writes a damaged call into the history,
/// sets a timeout in another layer); what happens below HTTP (TLS that is not closed, GOAWAY, bodies that end with the connection, compressed bodies
/// that are cut, error events lost before they were sent); what other endpoints hide; and what cannot be seen at all: tokens that were counted and then
/// lost out of the middle of a text, deltas that repeat the text so far, a retry behind a gateway under the same id, a gateway that does not pass a
/// disconnect on.
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
        .. SentinelScenarios.Rows,
        .. LimitScenarios.Rows,
        .. ToolCallScenarios.Rows,
        .. ServerVersionScenarios.Rows,
        .. ErrorScenarios.Rows,
        .. ConnectionScenarios.Rows,
        .. FramingScenarios.Rows,
        .. ShapeScenarios.Rows,
    ];

    /// <summary>The row with a name or an <see cref="Scenario.Id"/>, in any case of letters; null if there is none.</summary>
    public static Scenario? Find(string nameOrId)
    {
        ArgumentNullException.ThrowIfNull(nameOrId);
        string id = ScenarioJson.IdOf(nameOrId);
        return All.FirstOrDefault(scenario => scenario.Id == id);
    }

    /// <summary>
    /// Every row as JSON, for clients in other languages: what to ask, where a <see cref="ScenarioServer"/> plays it, and what a careful client
    /// concludes.
    /// </summary>
    public static Task<string> ToJsonAsync(CancellationToken cancellationToken = default) => ScenarioJson.WriteAsync(All, cancellationToken);
}
