using System.Text.RegularExpressions;

namespace VllmAdapter.Tool.Check;

/// <summary>Do structured outputs constrain? Only constraints that every backend compiles: one that does not has ended servers (0.20.2, 0.11.0).</summary>
internal static partial class StructuredProbes
{
    private const string Schema =
        """{"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city", "days"]}""";

    private static readonly ChatRequest Trip = Questions.Ask("Three days in Rome. Give city and days as JSON.", 200);

    public static IReadOnlyList<IProbe> All { get; } =
    [
        new ChatProbe("json-object", "Does JSON mode give JSON?", Trip with { Output = StructuredOutput.JsonObject }, TextProbes.LookAtEnd),
        new ChatProbe("json-schema", "Does a schema constrain?", Trip with { Output = StructuredOutput.JsonSchema("trip", Schema) }, TextProbes.LookAtEnd),
        new ChatProbe("choice", "Does a choice of words constrain?", Questions.Ask("Write a sentence about llamas.", 64) with { Output = StructuredOutput.OneOf("red", "green", "blue") }, TextProbes.LookAtEnd),
        new ChatProbe("regex", "Does a pattern constrain?", Questions.Ask("Write a sentence about llamas.", 64) with { Output = StructuredOutput.Regex("[0-9]{4}-[0-9]{2}") }, LookAtPattern),
        new GrammarProbe(),
        new ChatProbe("json-schema-cut", "Does cut JSON say length?", Trip.CappedAt(4) with { Output = StructuredOutput.JsonSchema("trip", Schema) }, LookAtCut),
    ];

    private static void LookAtPattern(ProbeRun run, ChatAnswer answer)
    {
        if (answer.Outcome.Verdict == StreamVerdict.Completed && !YearAndMonth().IsMatch(answer.Text))
            run.Find(AnswerKinds.Unconstrained, $"Asked for [0-9]{{4}}-[0-9]{{2}}, got \"{answer.Text}\".", answer.Outcome.Evidence.RequestId);
        TextProbes.LookAtEnd(run, answer);
    }

    private static void LookAtCut(ProbeRun run, ChatAnswer answer)
    {
        if (answer.Outcome.Verdict != StreamVerdict.LengthLimited)
            run.CannotTell($"The answer was not cut: {EndFindings.Said(answer.Outcome)}");
    }

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}$", RegexOptions.None, 1000)]
    private static partial Regex YearAndMonth();
}
