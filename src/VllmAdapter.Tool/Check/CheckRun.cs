using Spectre.Console;
using VllmAdapter.Server;

namespace VllmAdapter.Tool.Check;

/// <summary>One check as the command line asked for it: introduces itself, shows its progress, and writes its reports.</summary>
internal sealed class CheckRun(Terminal terminal, IReadOnlyList<IProbe> probes, string? jsonFile = null, string? markdownFile = null)
{
    public async Task<ExitCode> OfAsync(VllmInferenceAdapter adapter, VllmInferenceAdapter? withoutKey, string? model, CancellationToken cancellationToken)
    {
        ThrowIfUnwritable(jsonFile);
        ThrowIfUnwritable(markdownFile);
        (IReadOnlyList<ModelCard> models, string? chosen, ServerVersion? version) =
            await Introduction.OfAsync(adapter, model, cancellationToken).ConfigureAwait(false);
        var target = new Target { Adapter = adapter, WithoutKey = withoutKey, Models = models, Model = chosen, Version = version };

        terminal.Error.WriteLine(ReportWords.Plan(probes));
        CheckReport report = await WithProgressAsync(target, cancellationToken).ConfigureAwait(false);
        CheckTable.Write(terminal.Out, report);
        await SaveAsync(jsonFile, () => CheckJson.Of(report), cancellationToken).ConfigureAwait(false);
        await SaveAsync(markdownFile, () => CheckMarkdown.Of(report), cancellationToken).ConfigureAwait(false);
        return report.ExitCode;
    }

    private async Task<CheckReport> WithProgressAsync(Target target, CancellationToken cancellationToken)
    {
        // A bar is for a terminal; into a file or a log of CI it would write a line every moment.
        if (!terminal.Error.Profile.Capabilities.Interactive)
            return await new Checker(target).RunAsync(probes, cancellationToken).ConfigureAwait(false);

        return await terminal.Error.Progress().AutoClear(true).StartAsync(async progress =>
        {
            ProgressTask bar = progress.AddTask("check", maxValue: probes.Count);
            var checker = new Checker(target, probe =>
            {
                bar.Description = probe.Name;
                bar.Increment(1);
            });
            return await checker.RunAsync(probes, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    // Told before the tokens are spent.
    private static void ThrowIfUnwritable(string? file)
    {
        if (file is not null && (Directory.Exists(file) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)))))
            throw new ToolException($"The report cannot be written to {file}: there is no such folder, or the path is a folder.");
    }

    private static async Task SaveAsync(string? file, Func<string> text, CancellationToken cancellationToken)
    {
        if (file is not null)
            await File.WriteAllTextAsync(file, text(), cancellationToken).ConfigureAwait(false);
    }
}
