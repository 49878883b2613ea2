using Microsoft.Extensions.Configuration;

namespace VllmAdapter.Tool.Guard;

/// <summary>The options of the moment: a request goes by those that held when it came.</summary>
/// <remarks>The settings were checked before they became the configuration (<see cref="GuardSettings"/>).</remarks>
internal sealed class CurrentGuardOptions : IDisposable
{
    private readonly IDisposable _watch;
    private volatile GuardOptions _value;

    public CurrentGuardOptions(IConfiguration configuration)
    {
        _value = GuardSettings.OptionsOf(configuration);
        _watch = Microsoft.Extensions.Primitives.ChangeToken.OnChange(configuration.GetReloadToken, () => _value = GuardSettings.OptionsOf(configuration));
    }

    public GuardOptions Value => _value;

    public void Dispose() => _watch.Dispose();
}
