using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace VllmAdapter;

/// <summary>Sets an adapter's options from a section of the configuration, which may hold nothing else.</summary>
/// <remarks>
/// A misspelt name would leave a default in place that nobody wants, and a bare number for a time is taken for days; both are refused with the
/// name of the adapter and of the setting.
/// </remarks>
internal sealed class SettingsFromConfiguration(string adapter, IConfiguration configuration) : IConfigureNamedOptions<VllmAdapterOptions>
{
    public void Configure(string? name, VllmAdapterOptions options)
    {
        if (name != adapter)
            return;

        // A whole configuration holds everything else, too: only a section can be the adapter's own.
        List<string> problems = configuration is IConfigurationSection ? [.. ProblemsOf(configuration, "")] : [];
        if (problems.Count == 0)
        {
            try
            {
                configuration.Bind(options);
                return;
            }
            catch (Exception unreadable) when (unreadable is InvalidOperationException or FormatException)
            {
                problems.Add($"{unreadable.Message.TrimEnd('.')}.");
            }
        }

        throw new OptionsValidationException(adapter, typeof(VllmAdapterOptions), VllmAdapterOptionsValidator.Named(adapter, problems));
    }

    public void Configure(VllmAdapterOptions options) => Configure(Options.DefaultName, options);

    private static IEnumerable<string> ProblemsOf(IConfiguration section, string above)
    {
        foreach (IConfigurationSection setting in section.GetChildren())
        {
            string path = above + setting.Key;
            if (path.ToUpperInvariant() is "TERMINATION" or "RESILIENCEPIPELINE" or "CONFIGUREPRIMARYHANDLER")
            {
                yield return $"{setting.Path} cannot be set by configuration; set it in code.";
            }
            else if (!SettingNames.All.Contains(path, StringComparer.OrdinalIgnoreCase))
            {
                yield return $"{setting.Path} is not a setting of the adapter.{(SettingNames.Nearest(path) is { } meant ? $" Did you mean {meant}?" : "")}";
            }
            else if (SettingNames.IsTime(path) && IsNumber(setting.Value))
            {
                yield return $"{setting.Path} is \"{setting.Value}\", which would be that many days. "
                    + "Write hours, minutes and seconds, such as 00:01:30.";
            }

            foreach (string problem in SettingNames.All.Contains(path, StringComparer.OrdinalIgnoreCase) ? ProblemsOf(setting, path + ":") : [])
                yield return problem;
        }
    }

    private static bool IsNumber(string? value) => int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out _);
}
