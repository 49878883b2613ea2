using System.Net.Http.Headers;

namespace VllmAdapter;

/// <summary>Reads the header in which a gateway says how long to wait: seconds, or a date.</summary>
internal static class RetryAfter
{
    /// <summary>Null if the value says nothing; zero if its date has passed.</summary>
    public static TimeSpan? Parse(string? header, TimeProvider clock)
    {
        if (!RetryConditionHeaderValue.TryParse(header, out RetryConditionHeaderValue? value))
        {
            return null;
        }

        TimeSpan? wait = value.Delta ?? value.Date - clock.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
