using System.Text.Json.Serialization;

namespace VllmAdapter;

/// <summary>Whether a server marks the end of its streams (<c>data: [DONE]</c>), so that an end without the mark is a cut.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EndMarker>))]
public enum EndMarker
{
    /// <summary>
    /// It does, as every vLLM does: a stream that ends in order with neither a finish reason for every choice nor the marker was cut, and
    /// something on the way closed it. Caddy before 2.8, HAProxy towards HTTP/2 clients, lighttpd and Portkey do so.
    /// </summary>
    Expected = 1,

    /// <summary>It never does: such an end says nothing, and is <see cref="StreamVerdict.Unconfirmed"/>.</summary>
    NeverSent,
}
