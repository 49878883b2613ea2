using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace VllmAdapter.SampleTests;

/// <summary>What samples print below each of their headings ("== Heading"); each sample runs once for all tests.</summary>
public sealed partial class PrintedSections
{
    private readonly ConcurrentDictionary<string, Task<Dictionary<string, string>>> _runs = new(StringComparer.Ordinal);

    /// <summary>What a sample, such as samples/Recipes, prints below a heading, without empty lines at its ends.</summary>
    public async Task<string> BelowAsync(string sample, string heading) => (await _runs.GetOrAdd(sample, RunAsync)).TryGetValue(heading, out string? text)
        ? text
        : throw new InvalidOperationException($"{sample} prints no heading '{heading}'.");

    private static async Task<Dictionary<string, string>> RunAsync(string sample)
    {
        SampleRun run = await SampleRun.OfAsync(Path.GetFileName(sample));
        return run.ExitCode == 0
            ? Section().Matches(run.Output.ReplaceLineEndings("\n")).ToDictionary(section => section.Groups["heading"].Value, section => section.Groups["text"].Value.Trim('\n'))
            : throw new InvalidOperationException($"{sample} ended with {run.ExitCode}: {run.Errors}");
    }

    [GeneratedRegex(@"^== (?<heading>[^\n]+)\n(?<text>.*?)(?=^== |\z)", RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Section();
}
