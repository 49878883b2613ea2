using FsCheck;
using FsCheck.Fluent;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Properties;

/// <summary>Generates replies: any interleaving of what servers send, and of what happens to it.</summary>
internal static class Turns
{
    public static Arbitrary<Turn> Any { get; } = Arb.From(Generator(), Smaller);

    private static readonly string[] Words = ["Hello ", "a", "é", "🙂", "\n\n", "\"", "{", "data: [DONE]", ""];

    private static readonly string[] Arguments = ["{}", "{\"city\":\"Paris\"}", "{\"a\":{\"b\":[1,2,{\"c\":null}]}}", " {\"text\":\"}{ é\\\"\"} "];

    private static readonly string[] Reasons = ["stop", "stop", "tool_calls", "tool_calls", "length", "abort", "error", "", "odd"];

    private static Gen<Turn> Generator() =>
        from choices in Gen.Choose(1, 3)
        from lanes in Gen.CollectToArray(Enumerable.Range(0, choices), Lane)
        from aside in Aside(choices)
        from ends in Gen.Elements(true, true, false)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from part in Gen.OneOf(Gen.Constant(1.0), Gen.Choose(0, 1000).Select(permille => permille / 1000.0))
        from ending in Gen.Elements(BodyEnding.Clean, BodyEnding.Clean, BodyEnding.Broken, BodyEnding.Silent)
        select new Turn([.. Merge([.. lanes, aside], new Random(seed)), .. ends ? new Step[] { new Step.Done() } : []], choices, part, ending, seed);

    private static Gen<Step[]> Lane(int choice) =>
        from parts in Gen.OneOf(Text(choice), Thought(choice), Call(choice)).ListOf(4)
        from count in Gen.Choose(0, 4)
        from reason in Gen.OneOf(Gen.Constant<string?>(null), Gen.Elements<string?>(Reasons), Gen.Elements<string?>(Reasons))
        select parts.Take(count).SelectMany((part, index) => part(index)).Concat(reason is null ? [] : [new Step.Finishes(choice, reason)]).ToArray();

    private static Gen<Func<int, Step[]>> Text(int choice) =>
        Gen.Elements(Words).Select<string, Func<int, Step[]>>(word => _ => [new Step.Says(choice, word)]);

    private static Gen<Func<int, Step[]>> Thought(int choice) =>
        Gen.Elements(Words).Select<string, Func<int, Step[]>>(word => _ => [new Step.Reasons(choice, word)]);

    private static Gen<Func<int, Step[]>> Call(int choice) =>
        from arguments in Gen.Elements(Arguments)
        from size in Gen.Choose(1, 12)
        from damage in Gen.Choose(0, 5)
        select new Func<int, Step[]>(index => Pieces(choice, index, Damaged(arguments, damage), size, isDamaged: damage < 2));

    // Without its end, or with one too many.
    private static string Damaged(string arguments, int damage) => damage switch
    {
        0 => arguments.TrimEnd()[..^1],
        1 => arguments + "}",
        _ => arguments,
    };

    private static Step[] Pieces(int choice, int index, string arguments, int size, bool isDamaged)
    {
        string[] fragments = [.. arguments.Chunk(size).Select(letters => new string(letters))];
        return [.. fragments.Select((fragment, at) => new Step.Calls(choice, index, fragment, at == 0, at == fragments.Length - 1, isDamaged))];
    }

    private static Gen<Step[]> Aside(int choices) => Gen.Frequency(
        (8, Usage(choices)),
        (3, Gen.Constant<Step>(new Step.KeepsAlive())),
        (1, Gen.Constant<Step>(new Step.Fails())),
        (1, Gen.Constant<Step>(new Step.Garbles())),
        (1, Gen.Constant<Step>(new Step.Done()))).ListOf(3).SelectMany(steps => Gen.Choose(0, 3).Select(count => steps.Take(count).ToArray()));

    private static Gen<Step> Usage(int choices) =>
        from prompt in Gen.Elements(0, 10)
        from completion in Gen.Elements(0, 1, 50)
        from choice in Gen.Choose(-1, choices - 1)
        select (Step)new Step.Uses(prompt, completion, choice < 0 ? null : choice);

    private static IEnumerable<Step> Merge(Step[][] lanes, Random random)
    {
        List<Queue<Step>> open = [.. lanes.Where(lane => lane.Length > 0).Select(lane => new Queue<Step>(lane))];
        while (open.Count > 0)
        {
            Queue<Step> lane = open[random.Next(open.Count)];
            yield return lane.Dequeue();
            open.RemoveAll(one => one.Count == 0);
        }
    }

    // A call with a piece missing would be damaged without saying so.
    private static IEnumerable<Turn> Smaller(Turn turn)
    {
        for (int i = 0; i < turn.Steps.Count; i++)
        {
            if (turn.Steps[i] is not Step.Calls)
                yield return turn with { Steps = [.. turn.Steps.Where((_, at) => at != i)] };
        }

        if (!turn.CameWhole)
            yield return turn with { Part = 1 };
    }
}
