using System.Diagnostics;

namespace VllmAdapter.SampleTests;

/// <summary>What a sample printed and how it ended, run as a process of its own.</summary>
internal sealed record SampleRun(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    public static async Task<SampleRun> OfAsync(string sample, params string[] args)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string program = Path.Combine(Root, "samples", sample, "bin", configuration, "net10.0", $"{sample}.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. args])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,

            // Beside these tests lie the settings of all samples.
            WorkingDirectory = Path.GetDirectoryName(program),
        };

        // A sample that reads its settings from the environment must not see the developer's.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("VLLM", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);

        using Process process = Process.Start(start)!;
        using var late = new CancellationTokenSource(Patience);
        try
        {
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(late.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(late.Token);
            await process.WaitForExitAsync(late.Token);
            return new SampleRun(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Holds the run against this exit code, and everything printed against what no user should read.</summary>
    public void ShouldEndWith(int exitCode)
    {
        string all = $"{Output}\n{Errors}";
        all.Should().NotMatchRegex(@"(?m)^\s+at \S+\(|Unhandled exception|Exception:|\(Parameter '", "a sentence says what went wrong");
        ExitCode.Should().Be(exitCode, all);
    }

    private static string FindRoot(DirectoryInfo? folder) => folder is null
        ? throw new InvalidOperationException("The tests do not run below the repository.")
        : File.Exists(Path.Combine(folder.FullName, "VllmAdapter.sln")) ? folder.FullName : FindRoot(folder.Parent);
}
