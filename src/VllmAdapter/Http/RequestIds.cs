using System.Globalization;
using System.Security.Cryptography;

namespace VllmAdapter;

/// <summary>Ids for requests: unique everywhere, and in the order of their sending within a process.</summary>
internal static class RequestIds
{
    private static readonly string OfThisProcess = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private static long _last;

    /// <summary>32 hexadecimal digits. Thread-safe.</summary>
    public static string Next() =>
        string.Create(CultureInfo.InvariantCulture, $"{OfThisProcess}{Interlocked.Increment(ref _last):x16}");
}
