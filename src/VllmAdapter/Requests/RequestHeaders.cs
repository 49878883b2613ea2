using System.Collections.ObjectModel;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace VllmAdapter;

/// <summary>The HTTP headers of one request.</summary>
/// <remarks>Trace context needs nothing here: HttpClient sends the current activity automatically.</remarks>
public sealed record RequestHeaders
{
    private readonly EqualMap<string, string> _additional;

    /// <summary>The id of the request (<c>X-Request-Id</c>); vLLM makes it the tail of the reply's id.</summary>
    /// <value>
    /// Null (default): a fresh id for each attempt. Servers before 0.14 break when two requests under way share an id, so an id of your
    /// own is sent as it is with the first attempt, and with <c>-2</c>, <c>-3</c> after it with further ones.
    /// </value>
    public string? RequestId { get; init; }

    /// <summary>
    /// The conversation that the request belongs to (<c>X-Session-ID</c>), for routers that keep one conversation on
    /// one engine.
    /// </summary>
    public string? Session { get; init; }

    /// <summary>The priority as a header (<c>X-Vllm-Priority</c>), for gateways that schedule by headers.</summary>
    /// <value>
    /// Lower goes first. On servers that read it (vLLM since about 0.28) it takes precedence over
    /// <see cref="ServingOptions.Priority"/>, which every version reads.
    /// </value>
    public long? Priority { get; init; }

    /// <summary>The data-parallel engine to use (<c>X-data-parallel-rank</c>).</summary>
    public int? DataParallelRank { get; init; }

    /// <summary>
    /// Further headers by name, sent as they are; they replace what the adapter would send under the same name.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Additional { get => _additional.Map; init => _additional = new(value); }

    /// <summary>The id that the caller gave, by property or by name; null if an id has to be made.</summary>
    internal string? GivenId => Additional?.FirstOrDefault(header => IdHeader.Equals(header.Key, StringComparison.OrdinalIgnoreCase)).Value ?? RequestId;

    /// <exception cref="ArgumentException">One of them cannot be sent; the message names it.</exception>
    internal void ThrowIfUnusable()
    {
        using var message = new HttpRequestMessage();
        ApplyTo(message.Headers);
    }

    internal void ApplyTo(HttpRequestHeaders headers)
    {
        Set(headers, IdHeader, RequestId, nameof(RequestId));
        Set(headers, "X-Session-ID", Session, nameof(Session));
        Set(headers, "X-Vllm-Priority", Priority?.ToString(CultureInfo.InvariantCulture), nameof(Priority));
        Set(headers, "X-data-parallel-rank", DataParallelRank?.ToString(CultureInfo.InvariantCulture), nameof(DataParallelRank));
        foreach (var (name, value) in Additional ?? ReadOnlyDictionary<string, string>.Empty)
            Set(headers, name, value, nameof(Additional));
    }

    /// <summary>The header of the request id.</summary>
    internal const string IdHeader = "X-Request-Id";

    private static void Set(HttpRequestHeaders headers, string name, string? value, string member)
    {
        if (value is null)
            return;

        // The connection takes nothing else, and says so only when the request is on its way.
        if (!Ascii.IsValid(value))
            throw RequestRefusal.Because($"Headers.{member} cannot be sent as the request header '{name}': it must consist of ASCII characters.");

        try
        {
            headers.Remove(name);
            headers.Add(name, value);
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException or ArgumentException)
        {
            throw RequestRefusal.Because(
                $"Headers.{member} cannot be sent as the request header '{name}': {error.Message}", error);
        }
    }
}
