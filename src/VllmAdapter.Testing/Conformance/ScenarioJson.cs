using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Scenarios for clients in other languages.</summary>
internal static class ScenarioJson
{
    private static readonly JsonSerializerOptions Legible = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string IdOf(string name)
    {
        var id = new StringBuilder(name.Length);
        foreach (char letter in name)
        {
            if (char.IsAsciiLetterOrDigit(letter))
                id.Append(char.ToLowerInvariant(letter));
            else if (id.Length > 0 && id[^1] != '-')
                id.Append('-');
        }

        return id.ToString().TrimEnd('-');
    }

    public static async Task<string> WriteAsync(IReadOnlyList<Scenario> scenarios, CancellationToken cancellationToken)
    {
        JsonArray rows = [];
        foreach (Scenario scenario in scenarios)
            rows.Add((JsonNode)Of(scenario, await BodyOfAsync(scenario.Request, cancellationToken).ConfigureAwait(false)));
        return rows.ToJsonString(Legible);
    }

    private static JsonObject Of(Scenario scenario, JsonNode? body) => new()
    {
        ["id"] = scenario.Id,
        ["name"] = scenario.Name,
        ["sources"] = Words(scenario.Sources),
        ["server"] = scenario.Profile.Version,
        ["path"] = ScenarioServer.PathOf(scenario),
        ["http_versions"] = Words(HttpVersionsOf(scenario)),
        ["request"] = body,
        ["expected"] = Of(scenario.Expected),
    };

    private static JsonObject Of(ExpectedEnd end)
    {
        var expected = new JsonObject
        {
            ["verdict"] = end.Verdict?.ToString(),
            ["failure"] = end.Failure?.ToString(),
            ["is_error"] = end.Throws || end.Failure is not null,
            ["calls_to_run"] = new JsonArray([.. end.ReadyCalls.Select(call => new JsonObject
            {
                ["name"] = call.Name,
                ["arguments"] = call.Arguments,
                ["has_problems"] = call.HasProblems,
            })]),
            ["calls_not_to_run"] = Words(end.Withheld.Select(reason => reason.ToString())),
            ["notes"] = Words(end.Notes.Select(note => note.ToString())),
        };

        // What a row does not look at is left out.
        if (end.Certainty is { } certainty)
            expected["certainty"] = certainty.ToString();
        if (end.Text is { } text)
            expected["text"] = text;
        if (end.Reasoning is { } reasoning)
            expected["reasoning"] = reasoning;
        if (end.Limit is { } limit)
            expected["limit"] = limit.ToString();
        if (end.ChoiceVerdicts.Count > 0)
            expected["choice_verdicts"] = Words(end.ChoiceVerdicts.Select(verdict => verdict.ToString()));
        return expected;
    }

    private static IEnumerable<string> HttpVersionsOf(Scenario scenario)
    {
        if (scenario.Transports.HasFlag(ScenarioTransports.Http1))
            yield return "1.1";
        if (scenario.Transports.HasFlag(ScenarioTransports.Http2))
            yield return "2";
    }

    // The body is what an adapter writes; what is answered does not matter.
    private static async Task<JsonNode?> BodyOfAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null }, Script.Says("Hi").Finishes("stop").Uses(1, 1).Done());
        VllmInferenceAdapter adapter = vllm.CreateAdapter(options =>
        {
            options.Model = "fake-model";
            options.OnIncompleteStream = IncompleteStreamBehavior.Report;
        });
        await adapter.CompleteChatAsync(request, cancellationToken).ConfigureAwait(false);
        return vllm.Requests.Last(received => received.Method == "POST").Json;
    }

    private static JsonArray Words(IEnumerable<string> words) => new([.. words.Select(word => (JsonNode)word)]);
}
