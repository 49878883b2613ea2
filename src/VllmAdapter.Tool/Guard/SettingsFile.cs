using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace VllmAdapter.Tool.Guard;

/// <summary>A settings file that may change while the guard runs: what cannot be used is told, and the settings before it stay.</summary>
internal sealed class SettingsFile(string path, Action<string> tell) : ConfigurationProvider, IConfigurationSource, IDisposable
{
    private readonly object _reloading = new();
    private PhysicalFileProvider? _folder;
    private IDisposable? _watch;

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <exception cref="ToolException">The file cannot be used; the message says why.</exception>
    public override void Load()
    {
        if (_folder is not null)
            return;

        Data = Read();
        string full = Path.GetFullPath(path);
        _folder = new PhysicalFileProvider(Path.GetDirectoryName(full)!);
        _watch = ChangeToken.OnChange(() => _folder.Watch(Path.GetFileName(full)), Reload);
    }

    /// <summary>Takes over what the file says now, if it can be used.</summary>
    public void Reload()
    {
        lock (_reloading)
        {
            try
            {
                Data = Read();
            }
            catch (Exception unusable) when (unusable is ToolException or IOException or UnauthorizedAccessException)
            {
                tell($"The changed settings are not used, those before go on: {unusable.Message}");
                return;
            }
        }

        OnReload();
        tell($"The settings in {path} are in use.");
    }

    public void Dispose()
    {
        _watch?.Dispose();
        _folder?.Dispose();
    }

    private Dictionary<string, string?> Read()
    {
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"The settings file cannot be read: {unreadable.Message}", innerException: unreadable);
        }

        IConfigurationRoot settings;
        try
        {
            settings = new ConfigurationBuilder().AddJsonStream(new MemoryStream(text)).Build();
        }
        catch (Exception unreadable) when (unreadable is FormatException or InvalidDataException or System.Text.Json.JsonException)
        {
            throw new ToolException($"The settings in {path} are no JSON: {unreadable.GetBaseException().Message}", innerException: unreadable);
        }

        GuardSettings.Check(Defaults is null ? settings : new ConfigurationBuilder().AddInMemoryCollection(Defaults).AddConfiguration(settings).Build());
        return settings.AsEnumerable().ToDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>What holds where the file says nothing, such as back ends that were named on the command line.</summary>
    public IReadOnlyDictionary<string, string?>? Defaults { get; init; }
}
