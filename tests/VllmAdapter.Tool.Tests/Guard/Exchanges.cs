using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using VllmAdapter.Tool.Guard;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>Sees every exchange of the guards of this process at its end, and holds none of them.</summary>
internal sealed class Exchanges : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly List<WeakReference> _seen = [];
    private readonly List<IDisposable> _subscriptions = [];

    public Exchanges() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

    /// <summary>How many there were.</summary>
    public int Count
    {
        get
        {
            lock (_seen)
                return _seen.Count;
        }
    }

    /// <summary>How many of them something still holds.</summary>
    public int CountAlive()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        lock (_seen)
            return _seen.Count(static exchange => exchange.IsAlive);
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.AspNetCore")
            _subscriptions.Add(value.Subscribe(this, static (name, _, _) => name.StartsWith("Microsoft.AspNetCore.Hosting.HttpRequestIn", StringComparison.Ordinal)));
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is not { Key: "Microsoft.AspNetCore.Hosting.HttpRequestIn.Stop", Value: HttpContext context } || GuardMiddleware.ExchangeOf(context) is not { } exchange)
            return;

        lock (_seen)
            _seen.Add(new WeakReference(exchange));
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose() => _subscriptions.ForEach(static subscription => subscription.Dispose());
}
