using System.Globalization;
using System.Text;

namespace VllmAdapter;

/// <summary>Reads the text format of Prometheus; lines that do not follow it are passed over.</summary>
internal static class MetricsText
{
    public static IReadOnlyList<MetricSample> Read(string text)
    {
        List<MetricSample> samples = [];
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (ReadLine(line.Trim()) is { } sample)
                samples.Add(sample);
        }

        return samples;
    }

    private static MetricSample? ReadLine(ReadOnlySpan<char> line)
    {
        if (line.IsEmpty || line[0] == '#')
            return null;

        int nameEnd = line.IndexOfAny('{', ' ');
        if (nameEnd <= 0)
            return null;

        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        ReadOnlySpan<char> rest = line[nameEnd..];
        if (rest[0] == '{' && !TryReadLabels(ref rest, labels))
            return null;

        // A time stamp may follow the value.
        rest = rest.TrimStart();
        ReadOnlySpan<char> number = rest.IndexOf(' ') is >= 0 and var end ? rest[..end] : rest;
        return ReadNumber(number) is { } value ? new MetricSample(line[..nameEnd].ToString(), labels, value) : null;
    }

    private static bool TryReadLabels(ref ReadOnlySpan<char> rest, Dictionary<string, string> labels)
    {
        rest = rest[1..];
        while (true)
        {
            rest = rest.TrimStart(" ,");
            if (rest.IsEmpty)
                return false;

            if (rest[0] == '}')
            {
                rest = rest[1..];
                return true;
            }

            int equals = rest.IndexOf("=\"");
            if (equals <= 0)
                return false;

            string name = rest[..equals].ToString();
            rest = rest[(equals + 2)..];
            if (ReadQuoted(ref rest) is not { } value)
                return false;

            labels[name] = value;
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
