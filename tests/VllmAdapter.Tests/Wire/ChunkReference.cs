using System.Globalization;
using System.Text;
using System.Text.Json;

namespace VllmAdapter.Tests.Wire;

/// <summary>Reads the events of one stream by the rules alone, over <see cref="JsonDocument"/> and as slowly as it likes.</summary>
internal sealed class ChunkReference
{
    private static readonly string[] ReasoningNames = ["reasoning", "reasoning_content", "thinking", "reasoning_text"];

    private readonly Dictionary<(int Choice, string Part), string> _halves = [];
    private readonly HashSet<(int Choice, string Part)> _cameByDelta = [];

    /// <summary>The chunks of an event, one a line.</summary>
    public IReadOnlyList<string> Read(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        List<Line> lines = [.. All(root, "choices").SelectMany(List).Select(ReadChoice)];
        (int, int)? usage = All(root, "usage").Select(Usage).LastOrDefault(it => it is not null) ?? Sum(lines);
        if (usage is not null && lines.Count == 0)
            return [$"0/False/////{Show(usage)}/"];

        if (usage is not null)
            lines[^1] = lines[^1] with { Usage = usage };

        return [.. lines.Select(line => line.ToString())];
    }

    public static string Describe(ChatChunk chunk) =>
        $"{chunk.ChoiceIndex}/{chunk.HasChoice}/{chunk.Text}/{chunk.Reasoning}/{chunk.Refusal}/{chunk.FinishReason}/"
        + Show(chunk.Usage is { } usage ? (usage.PromptTokens, usage.CompletionTokens) : null)
        + $"/{string.Join(",", chunk.ToolCallDeltas.Select(call => Show(call.Index, call.Id, call.Name, call.Arguments)))}";

    private Line ReadChoice(JsonElement choice)
    {
        int index = All(choice, "index").Select(Count).LastOrDefault() ?? 0;
        List<Offer> offers =
        [
            .. All(choice, "delta").Where(IsObject).SelectMany(delta => Offers(delta, 0, isWhole: false)),
            .. All(choice, "message").Where(IsObject).SelectMany(message => Offers(message, 100, isWhole: true)),
            .. All(choice, "text").SelectMany(text => Content(text, 200)),
        ];
        bool isFinished = All(choice, "finish_reason").LastOrDefault() is { ValueKind: JsonValueKind.String } word
            && word.GetString() is not ("" or "null" or "None");
        string text = Take(index, "text", offers, isFinished), reasoning = Take(index, "reasoning", offers, isFinished);
        string refusal = Take(index, "refusal", offers, isFinished);
        string finish = isFinished ? All(choice, "finish_reason").Last().GetString()! : "";
        return new Line(index, text, reasoning, refusal, finish, All(choice, "usage").Select(Usage).LastOrDefault(it => it is not null), string.Join(",", [.. Calls(index, offers), .. isFinished ? HalfCalls(index) : []]));
    }

    private static IEnumerable<Offer> Offers(JsonElement delta, int rank, bool isWhole)
    {
        foreach (JsonProperty field in delta.EnumerateObject())
        {
            int place = Array.IndexOf(ReasoningNames, field.Name);
            IEnumerable<Offer> offers = field.Name switch
            {
                "content" => Content(field.Value, rank),
                "refusal" => [new Offer("refusal", rank, Text(field.Value))],
                "reasoning_details" => [new Offer("reasoning", rank + 9, Flat(field.Value))],
                "tool_calls" => [new Offer("calls", rank, "") { Calls = List(field.Value) is { Count: > 0 } calls ? Pieces(calls, isWhole) : null }],
                "function_call" when IsObject(field.Value) =>
                    [new Offer("calls", rank + 1, "") { Calls = [Piece(0, null, [field.Value])] }],
                _ when place >= 0 => [new Offer("reasoning", rank + place, Flat(field.Value))],
                _ => [],
            };
            foreach (Offer offer in offers)
                yield return offer;
        }
    }

    private static IEnumerable<Offer> Content(JsonElement value, int rank)
    {
        if (value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object))
            return [new Offer("text", rank, Text(value))];

        List<(bool IsReasoning, string Text)> parts = [.. Parts(value)];
        return
        [
            new Offer("text", rank, string.Concat(parts.Where(part => !part.IsReasoning).Select(part => part.Text))),
            new Offer("reasoning", rank + 8, string.Concat(parts.Where(part => part.IsReasoning).Select(part => part.Text))),
        ];
    }

    private static IEnumerable<(bool IsReasoning, string Text)> Parts(JsonElement value)
    {
        foreach (JsonElement part in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToList() : [value])
        {
            if (!IsObject(part))
            {
                yield return (false, Text(part));
                continue;
            }

            bool isReasoning = All(part, "type").Any(type => type.GetString() is "thinking" or "reasoning.text");
            foreach (JsonElement text in All(part, "text"))
                yield return (isReasoning, Flat(text));

            foreach (JsonElement thought in All(part, "thinking"))
                yield return (true, Flat(thought));
        }
    }

    private static string Flat(JsonElement value) => value.ValueKind is JsonValueKind.Array or JsonValueKind.Object
        ? string.Concat(Parts(value).OrderBy(part => !part.IsReasoning).Select(part => part.Text))
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? "" : Text(value);

    private string Take(int choice, string part, List<Offer> offers, bool isFinished)
    {
        Offer? best = offers.Where(offer => offer.Part == part && offer.Text.Length > 0).OrderBy(offer => offer.Rank).FirstOrDefault();
        best = best is null ? null : offers.Last(offer => offer.Part == part && offer.Rank == best.Rank && offer.Text.Length > 0);
        string piece = best?.Text ?? "";
        bool isDelta = best?.Rank < 100, isWhole = best?.Rank is >= 100 and < 200;
        if (piece.Length > 0 && !isDelta && _cameByDelta.Contains((choice, part)))
            piece = "";

        if (piece.Length > 0 && isDelta)
            _cameByDelta.Add((choice, part));

        return Join(choice, part, piece, isFinished || (isWhole && piece.Length > 0));
    }

    private string Join(int choice, string part, string piece, bool isLast)
    {
        string all = _halves.GetValueOrDefault((choice, part), "") + piece;
        bool waits = !isLast && all.Length > 0 && char.IsHighSurrogate(all[^1]);
        _halves[(choice, part)] = waits ? all[^1..] : "";
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(waits ? all[..^1] : all));
    }

    private List<string> Calls(int choice, List<Offer> offers)
    {
        List<Offer> made = [.. offers.Where(offer => offer.Calls is not null)];
        if (made.Count == 0)
            return [];

        Offer best = made.Last(offer => offer.Rank == made.Min(other => other.Rank));
        if (best.Rank >= 100 && _cameByDelta.Contains((choice, "calls")))
            return [];

        if (best.Rank < 100)
            _cameByDelta.Add((choice, "calls"));

        return [.. best.Calls!.Select(call => Show(call.Index, call.Id, call.Name, best.Rank < 100
            ? Join(choice, $"call {call.Index}", call.Arguments, isLast: false)
            : Join(-1, "", call.Arguments, isLast: true)))];
    }

    private List<string> HalfCalls(int choice) =>
    [
        .. _halves.Keys.Where(key => key.Choice == choice && key.Part.StartsWith("call ", StringComparison.Ordinal) && _halves[key].Length > 0).OrderBy(key => key.Part, StringComparer.Ordinal).ToList()
            .Select(key => (Index: key.Part["call ".Length..], Half: Join(choice, key.Part, "", isLast: true))).Select(it => $"{it.Index}:::{it.Half}"),
    ];

    private static List<Call> Pieces(List<JsonElement> calls, bool isWhole) =>
        [.. calls.Select((call, at) => Piece(isWhole ? at : All(call, "index").Select(Count).LastOrDefault(), call, [.. All(call, "function").Where(IsObject)]))];

    private static Call Piece(int? index, JsonElement? call, List<JsonElement> functions) => new(
        index,
        call is { } it ? LastText(All(it, "id")) : null,
        LastText(functions.SelectMany(function => All(function, "name"))),
        LastText(functions.SelectMany(function => All(function, "arguments"))) ?? "");

    private static string? LastText(IEnumerable<JsonElement> values) =>
        values.Select(value => value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? value.GetRawText() : Text(value)).LastOrDefault(text => text.Length > 0);

    private static IEnumerable<JsonElement> All(JsonElement of, string name) =>
        of.EnumerateObject().Where(field => field.NameEquals(name)).Select(field => field.Value);

    private static List<JsonElement> List(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray().Where(IsObject)],
        JsonValueKind.Object => [value],
        _ => [],
    };

    private static bool IsObject(JsonElement value) => value.ValueKind == JsonValueKind.Object;

    // By hand: JsonElement refuses half a character.
    private static string Text(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
            return value.GetRawText();

        if (value.ValueKind != JsonValueKind.String)
            return "";

        string raw = value.GetRawText()[1..^1];
        var text = new StringBuilder();
        for (int at = 0; at < raw.Length; at++)
        {
            if (raw[at] != '\\')
                text.Append(raw[at]);
            else if (raw[++at] == 'u')
                (_, at) = (text.Append((char)ushort.Parse(raw.AsSpan(at + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture)), at + 4);
            else
                text.Append(raw[at] switch { 'n' => '\n', 't' => '\t', var same => same });
        }

        return text.ToString();
    }

    private static int? Count(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble() is >= 0 and <= 1e9 and var number ? (int)number : null,
        JsonValueKind.String => int.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null,
        _ => null,
    };

    private static (int Prompt, int Completion)? Usage(JsonElement usage)
    {
        if (!IsObject(usage))
            return null;

        int? prompt = Last("prompt_tokens"), completion = Last("completion_tokens"), total = Last("total_tokens");
        return prompt is null && completion is null ? null : (prompt ?? Math.Max(0, (total - completion) ?? 0), completion ?? Math.Max(0, (total - prompt) ?? 0));

        int? Last(string name) => All(usage, name).Select(Count).LastOrDefault(count => count is not null);
    }

    private static (int, int)? Sum(List<Line> lines)
    {
        List<(int Prompt, int Completion)> usages = [.. lines.Where(line => line.Usage is not null).Select(line => line.Usage!.Value)];
        return usages.Count == 0 ? null : (usages.Max(usage => usage.Prompt), usages.Sum(usage => usage.Completion));
    }

    private static string Show((int Prompt, int Completion)? usage) => usage is { } it ? $"{it.Prompt}+{it.Completion}" : "";

    private static string Show(int? index, string? id, string? name, string arguments) => $"{index}:{id}:{name}:{arguments}";

    private sealed record Offer(string Part, int Rank, string Text)
    {
        public List<Call>? Calls { get; init; }
    }

    private sealed record Call(int? Index, string? Id, string? Name, string Arguments);

    private sealed record Line(int Choice, string Text, string Reasoning, string Refusal, string Finish, (int Prompt, int Completion)? Usage, string Calls)
    {
        public override string ToString() => $"{Choice}/True/{Text}/{Reasoning}/{Refusal}/{Finish}/{Show(Usage)}/{Calls}";
    }
}
