using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace VllmAdapter.Samples.Tests;

/// <summary>Runs of samples, one of each for all tests: what they print below each of their headings ("== Heading").</summary>
public sealed partial class SampleRun
{
    private readonly ConcurrentDictionary<string, Task<Dictionary<string, string>>> _runs = new(StringComparer.Ordinal);

    /// <summary>The folder of the repository that the tests run in.</summary>
    public static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>What a sample, such as samples/Recipes, prints below a heading, without empty lines at its ends.</summary>
    public async Task<string> PrintsAsync(string sample, string heading) => (await _runs.GetOrAdd(sample, RunAsync)).TryGetValue(heading, out string? text)
        ? text
        : throw new InvalidOperationException($"{sample} prints no heading '{heading}'.");

    private static async Task<Dictionary<string, string>> RunAsync(string sample)
    {
        // bin/CONFIGURATION/FRAMEWORK/: the sample is built in the same configuration as these tests.
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string program = Path.Combine(Root, sample, "bin", configuration, "net10.0", $"{Path.GetFileName(sample)}.dll");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? Section().Matches(output.ReplaceLineEndings("\n")).ToDictionary(section => section.Groups["heading"].Value, section => section.Groups["text"].Value.Trim('\n'))
            : throw new InvalidOperationException($"{sample} ended with {process.ExitCode}: {await errors}");
    }

    private static string FindRoot(DirectoryInfo? folder) => folder is null
        ? throw new InvalidOperationException("The tests do not run below the repository.")
        : File.Exists(Path.Combine(folder.FullName, "VllmAdapter.sln")) ? folder.FullName : FindRoot(folder.Parent);

    [GeneratedRegex(@"^== (?<heading>[^\n]+)\n(?<text>.*?)(?=^== |\z)", RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Section();
}
