using System.Diagnostics;

namespace VllmAdapter;

/// <summary>Lets a span be the current one until it is disposed, and then restores the one before, whatever happened in between.</summary>
internal readonly struct CurrentSpan : IDisposable
{
    private readonly Activity? _before = Activity.Current;

    /// <param name="span">The span, or null to leave the current one.</param>
    public CurrentSpan(Activity? span)
    {
        if (span is not null)
            Activity.Current = span;
    }

    public void Dispose()
    {
        if (Activity.Current != _before)
            Activity.Current = _before;
    }
}
