using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace VllmAdapter;

/// <summary>The options of a registered adapter: those that could be used last, whatever a reload brought since.</summary>
/// <remarks>
/// Thread-safe. It listens to the configuration itself, not to <see cref="IOptionsMonitor{TOptions}.OnChange"/>, which throws at whoever reloads
/// where the new options are invalid, and tells nobody.
/// </remarks>
internal sealed class CurrentOptions : IDisposable
{
    private readonly string _name;
    private readonly IOptionsFactory<VllmAdapterOptions> _factory;
    private readonly ILogger _logger;
    private readonly List<IDisposable> _sources = [];
    private readonly object _gate = new();
    private Action<VllmAdapterOptions>? _follower;

    /// <exception cref="OptionsValidationException">The options cannot be used.</exception>
    public CurrentOptions(
        string name,
        IOptionsFactory<VllmAdapterOptions> factory,
        IEnumerable<IOptionsChangeTokenSource<VllmAdapterOptions>> sources,
        ILogger logger)
    {
        (_name, _factory, _logger) = (name, factory, logger);
        lock (_gate)
        {
            // A change between the two waits for the first options and comes after them.
            Value = factory.Create(name).Copy();
            foreach (IOptionsChangeTokenSource<VllmAdapterOptions> source in sources.Where(source => (source.Name ?? name) == name))
                _sources.Add(ChangeToken.OnChange(source.GetChangeToken, Reload));
        }
    }

    /// <summary>The options as they are now.</summary>
    public VllmAdapterOptions Value { get; private set; }

    /// <summary>Has the adapter told of every change from now on, one after the other.</summary>
    /// <param name="known">What the adapter was made with.</param>
    /// <param name="follower">Takes over the new options; throws <see cref="ArgumentException"/> if it cannot.</param>
    public void Follow(VllmAdapterOptions known, Action<VllmAdapterOptions> follower)
    {
        lock (_gate)
        {
            _follower = follower;
            if (!ReferenceEquals(known, Value))
                follower(Value);
        }
    }

    public void Dispose() => _sources.ForEach(source => source.Dispose());

    private void Reload()
    {
        lock (_gate)
        {
            try
            {
                VllmAdapterOptions options = _factory.Create(_name).Copy();
                if (options.IsLike(Value))
                    return;

                _follower?.Invoke(options);
                Value = options;
                Log.Reloaded(_logger, Called);
            }
            catch (Exception unusable) when (unusable is not OutOfMemoryException)
            {
                // Whatever it is, it must reach neither the running adapter nor whoever reloads.
                Log.ReloadRefused(_logger, Called, unusable.Message);
            }
        }
    }

    private string Called => _name.Length == 0 ? "The adapter" : $"Adapter \"{_name}\"";
}
