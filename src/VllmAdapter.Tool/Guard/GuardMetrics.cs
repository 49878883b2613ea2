using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace VllmAdapter.Tool.Guard;

/// <summary>Counts answers by how they ended, for Prometheus. Thread-safe.</summary>
internal sealed class GuardMetrics
{
    private readonly ConcurrentDictionary<(string Verdict, string Certainty, string Ending), long> _answers = new();
    private readonly ConcurrentDictionary<int, long> _refusals = new();
    private long _open;
    private long _left;
    private long _failed;
    private long _passed;

    /// <summary>The requests under guard that are being answered.</summary>
    public long Open => Interlocked.Read(ref _open);

    public long Begin() => Interlocked.Increment(ref _open);

    public void End() => Interlocked.Decrement(ref _open);

    public void Ended(Ending ending)
    {
        string what = ending.Error ?? (ending.Reasons.Count > 0 ? "reason_written" : "unchanged");
        _answers.AddOrUpdate((Words.Snake(ending.Outcome.Verdict), Words.Snake(ending.Outcome.Certainty), what), 1, static (_, count) => count + 1);
    }

    public void Refused(int status) => _refusals.AddOrUpdate(status, 1, static (_, count) => count + 1);

    public void Left() => Interlocked.Increment(ref _left);

    public void Failed() => Interlocked.Increment(ref _failed);

    public void PassedThrough() => Interlocked.Increment(ref _passed);

    public override string ToString()
    {
        var text = new StringBuilder();
        Head(text, "answers_total", "counter", "Answers by verdict, certainty and what was done.");
        foreach (var (key, count) in _answers.OrderBy(static answer => answer.Key))
            Line(text, $"answers_total{{verdict=\"{key.Verdict}\",certainty=\"{key.Certainty}\",ending=\"{key.Ending}\"}}", count);

        Head(text, "refusals_total", "counter", "Requests that never became an answer, by the status that the client got.");
        foreach (var (status, count) in _refusals.OrderBy(static refusal => refusal.Key))
            Line(text, $"refusals_total{{status=\"{status.ToString(CultureInfo.InvariantCulture)}\"}}", count);

        Single(text, "hangups_total", "counter", "Answers that the client left before their end.", Interlocked.Read(ref _left));
        Single(text, "failures_total", "counter", "Answers that the guard itself failed to judge; they break off.", Interlocked.Read(ref _failed));
        Single(text, "passed_through_total", "counter", "Requests of other routes.", Interlocked.Read(ref _passed));
        Single(text, "open_answers", "gauge", "Answers under way.", Open);
        return text.ToString();
    }

    private static void Single(StringBuilder text, string name, string type, string help, long value)
    {
        Head(text, name, type, help);
        Line(text, name, value);
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP vllm_adapter_guard_{name} {help}\n# TYPE vllm_adapter_guard_{name} {type}\n");

    private static void Line(StringBuilder text, string name, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"vllm_adapter_guard_{name} {value}\n");
}
