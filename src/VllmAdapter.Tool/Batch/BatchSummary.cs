using System.Globalization;
using System.Text;

namespace VllmAdapter.Tool.Batch;

/// <summary>What came of a batch, counted.</summary>
internal sealed class BatchSummary
{
    private readonly SortedDictionary<string, long> _results = new(StringComparer.Ordinal);

    /// <summary>The requests of the file.</summary>
    public long Requests { get; set; }

    /// <summary>The results that earlier runs had written.</summary>
    public long Before { get; private set; }

    /// <summary>The requests that nobody answered; the same command asks them again.</summary>
    public long NotAnswered { get; set; }

    /// <summary>The lines that cannot be asked, and of which no result tells.</summary>
    public long UnusableLines { get; set; }

    /// <summary>The results that are no whole answers, those of earlier runs too.</summary>
    public long NotWhole { get; private set; }

    public long CompletionTokens { get; private set; }

    /// <summary>Why the run was stopped before its end; null if it was not.</summary>
    public string? Stopped { get; set; }

    public ExitCode Code => this switch
    {
        { Stopped: not null } => ExitCode.Unavailable,
        { NotAnswered: > 0 } or { UnusableLines: > 0 } or { NotWhole: > 0 } => ExitCode.Found,
        _ => ExitCode.Ok,
    };

    public void TakeUp(IReadOnlyDictionary<string, long> before)
    {
        foreach (var (verdict, count) in before)
        {
            Before += count;
            NotWhole += verdict is "completed" or "unconfirmed" ? 0 : count;
            Add(verdict, count);
        }
    }

    public void Add(BatchResult result)
    {
        Add(result.Verdict, 1);
        NotWhole += result.IsWhole ? 0 : 1;
        CompletionTokens += result.CompletionTokens;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Requests:N0} requests");
        if (Before > 0)
            text.Append(CultureInfo.InvariantCulture, $", {Before:N0} of them answered by an earlier run");

        text.Append('\n');
        foreach (var (verdict, count) in _results)
            text.Append(CultureInfo.InvariantCulture, $"  {verdict,-18} {count,10:N0}\n");

        if (NotAnswered > 0)
            text.Append(CultureInfo.InvariantCulture, $"  {"not answered",-18} {NotAnswered,10:N0}   run the same command again to ask them\n");

        if (UnusableLines > 0)
            text.Append(CultureInfo.InvariantCulture, $"  {"unusable lines",-18} {UnusableLines,10:N0}\n");

        text.Append(CultureInfo.InvariantCulture, $"{CompletionTokens:N0} tokens written by the model");
        return text.ToString();
    }

    private void Add(string verdict, long count) => _results[verdict] = _results.GetValueOrDefault(verdict) + count;
}
