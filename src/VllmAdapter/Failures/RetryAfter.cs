using System.Globalization;
using System.Net.Http.Headers;

namespace VllmAdapter;

/// <summary>Reads the header in which a gateway says how long to wait: seconds, or a date.</summary>
internal static class RetryAfter
{
    /// <summary>What a longer wait reads as: longer than anybody waits.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(int.MaxValue);

    /// <summary>Null if the value says nothing; zero if it is negative or its date has passed.</summary>
    public static TimeSpan? Parse(string? header, TimeProvider clock)
    {
        const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        string text = header?.Trim() ?? "";
        if (double.TryParse(text, Plain, CultureInfo.InvariantCulture, out double seconds) && !double.IsNaN(seconds))
            return TimeSpan.FromSeconds(Math.Clamp(seconds, 0, Longest.TotalSeconds));

        TimeSpan? wait = RetryConditionHeaderValue.TryParse(text, out RetryConditionHeaderValue? value) ? value.Date - clock.GetUtcNow() : null;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > Longest ? Longest : wait;
    }
}
