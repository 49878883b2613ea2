using System.Collections.ObjectModel;
using System.Globalization;
using System.Text;

namespace VllmAdapter.Server;

/// <summary>Reads the text format of Prometheus; lines that do not follow it are passed over.</summary>
internal static class MetricsText
{
    /// <summary>Every sample of a text, in order.</summary>
    public static IReadOnlyList<MetricSample> Read(string text)
    {
        string last = "";
        List<MetricSample> samples = [];
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (NameOf(line) is not { IsEmpty: false } name)
                continue;

            // The samples of one metric stand together.
            last = name.SequenceEqual(last) ? last : name.ToString();
            Add(samples, line, last);
        }

        return samples;
    }

    /// <summary>The samples of one metric; nothing is made of the others.</summary>
    public static IReadOnlyList<MetricSample> Read(string text, string name)
    {
        List<MetricSample> samples = [];
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (NameOf(line).SequenceEqual(name))
                Add(samples, line, name);
        }

        return samples;
    }

    private static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> line)
    {
        line = line.Trim();
        return line.IsEmpty || line[0] == '#' ? [] : line[..Math.Max(line.IndexOfAny('{', ' '), 0)];
    }

    private static void Add(List<MetricSample> samples, ReadOnlySpan<char> line, string name)
    {
        ReadOnlySpan<char> rest = line.Trim()[name.Length..];
        IReadOnlyDictionary<string, string> labels = ReadOnlyDictionary<string, string>.Empty;
        if (rest[0] == '{' && !TryReadLabels(ref rest, out labels))
            return;

        // A time stamp may follow the value.
        rest = rest.TrimStart();
        ReadOnlySpan<char> number = rest.IndexOf(' ') is >= 0 and var end ? rest[..end] : rest;
        if (ReadNumber(number) is { } value)
            samples.Add(new MetricSample(name, labels, value));
    }

    private static bool TryReadLabels(ref ReadOnlySpan<char> rest, out IReadOnlyDictionary<string, string> labels)
    {
        labels = ReadOnlyDictionary<string, string>.Empty;
        Dictionary<string, string>? read = null;
        rest = rest[1..];
        while (true)
        {
            rest = rest.TrimStart(" ,");
            if (rest.IsEmpty)
                return false;

            if (rest[0] == '}')
            {
                rest = rest[1..];
                labels = read ?? labels;
                return true;
            }

            int equals = rest.IndexOf("=\"");
            if (equals <= 0)
                return false;

            string name = rest[..equals].ToString();
            rest = rest[(equals + 2)..];
            if (ReadQuoted(ref rest) is not { } value)
                return false;

            read ??= new(StringComparer.Ordinal);
            read[name] = value;
        }
    }

    private static string? ReadQuoted(ref ReadOnlySpan<char> rest)
    {
        var value = new StringBuilder();
        for (int i = 0; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                rest = rest[(i + 1)..];
                return value.ToString();
            }

            bool isEscaped = rest[i] == '\\' && i + 1 < rest.Length;
            value.Append(isEscaped ? Unescape(rest[++i]) : rest[i]);
        }

        return null;
    }

    private static char Unescape(char escaped) => escaped == 'n' ? '\n' : escaped;

    private static double? ReadNumber(ReadOnlySpan<char> text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null,
    };
}
