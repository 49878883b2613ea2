using System.Text.Json.Nodes;
using Spectre.Console;

namespace VllmAdapter.Tool.Explain;

/// <summary>Prints an explanation for people.</summary>
internal static class ExplanationText
{
    public static void Write(IAnsiConsole console, RecordedInput input, IReadOnlyList<TimelineEntry> timeline, Conclusion conclusion)
    {
        console.Write(new Text(Title(input), new Style(decoration: Decoration.Bold)));
        console.WriteLine();
        console.WriteLine();
        console.Write(TableOf(timeline));
        console.WriteLine();
        console.Write(new Text(conclusion.Verdict, new Style(ColorOf(conclusion), decoration: Decoration.Bold)));
        if (conclusion.Certainty is { } certainty)
            console.Write(new Text($" ({certainty.ToString().ToLowerInvariant()})"));
        console.WriteLine();
        console.Write(SummaryOf(conclusion));
    }

    private static string Title(RecordedInput input)
    {
        RecordedExchange exchange = input.Exchange;
        List<string> parts = [$"{exchange.Name}: {input.Format}"];
        if (exchange.Server?["vllm"] is JsonValue version)
            parts.Add($"vLLM {version}");
        if (exchange.Request.Body is JsonObject body)
        {
            if ((body["max_completion_tokens"] ?? body["max_tokens"]) is JsonValue most)
                parts.Add($"max_tokens {most}");
            if (body["tools"] is JsonArray tools)
                parts.Add(Wording.Count(tools.Count, "tool"));
        }

        return Wording.OneLine(string.Join(", ", parts), 400);
    }

    private static Table TableOf(IReadOnlyList<TimelineEntry> timeline)
    {
        // Not every kind of file has times.
        bool hasTimes = timeline.Any(entry => entry.At > TimeSpan.Zero);
        Table table = new Table().Border(TableBorder.Simple);
        if (hasTimes)
            table.AddColumn(new TableColumn("time").NoWrap().RightAligned());
        table.AddColumn(new TableColumn("event").NoWrap()).AddColumn("what came").AddColumn("what it proves");
        foreach (TimelineEntry entry in timeline)
        {
            Text[] cells = [new(Wording.Seconds(entry.At)), new(EventsOf(entry)), new(entry.Came, StyleOf(entry.Kind)), new(entry.Proves)];
            table.AddRow(hasTimes ? cells : cells[1..]);
        }

        return table;
    }

    private static Grid SummaryOf(Conclusion conclusion)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap().Padding(2, 0, 3, 0)).AddColumn();
        void Row(string name, string text) => grid.AddRow(new Text(name, new Style(decoration: Decoration.Dim)), new Text(text));

        Row("meaning", conclusion.Meaning);
        Row("why", conclusion.Explanation);
        for (int i = 0; i < conclusion.Missing.Count; i++)
            Row(i == 0 ? "missing" : "", conclusion.Missing[i]);
        Row("text", conclusion.Text);
        foreach (ToolCall call in conclusion.MayRun)
            Row("may run", CallOf(call));
        foreach (WithheldToolCall call in conclusion.MustNotRun)
            Row("must not run", call.Explain());
        Row("tokens", conclusion.Tokens);
        foreach (string note in conclusion.Notes)
            Row("note", note);
        return grid;
    }

    private static string CallOf(ToolCall call)
    {
        string text = $"{Wording.OneLine(call.Name, 64)} {Wording.OneLine(call.Arguments)}";
        return call.Problems.Count == 0 ? text : $"{text}, but answer it with its problems in place of a result: {string.Join(' ', call.Problems)}";
    }

    private static string EventsOf(TimelineEntry entry) => (entry.FirstEvent, entry.LastEvent) switch
    {
        (null, _) => "end",
        (var first, var last) when first == last => $"{first}",
        (var first, var last) => $"{first}-{last}",
    };

    private static Style StyleOf(TimelineKind kind) => kind switch
    {
        TimelineKind.FinishReason or TimelineKind.Usage or TimelineKind.Sentinel => new Style(Color.Aqua),
        TimelineKind.Error or TimelineKind.Unreadable => new Style(Color.Red),
        TimelineKind.Call => new Style(Color.Yellow),
        TimelineKind.Nothing or TimelineKind.KeepAlive => new Style(decoration: Decoration.Dim),
        _ => Style.Plain,
    };

    private static Color ColorOf(Conclusion conclusion) => conclusion.IsWhole switch
    {
        true => Color.Green,
        null => Color.Yellow,
        false => Color.Red,
    };
}
