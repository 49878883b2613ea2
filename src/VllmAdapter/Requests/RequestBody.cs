using System.Text.Json;

namespace VllmAdapter;

/// <summary>A finished body: the bytes that are sent, and what they say, parsed once for all that looks at it. What is to outlive it has to be copied.</summary>
internal readonly struct RequestBody(byte[] utf8) : IDisposable
{
    private readonly JsonDocument _document = JsonDocument.Parse(utf8, JsonText.Parsing);

    /// <summary>The bytes.</summary>
    public byte[] Utf8 => utf8;

    /// <summary>The same as JSON; until the body is disposed.</summary>
    public JsonElement Json => _document.RootElement;

    /// <summary>The model that it names, wherever the name came from.</summary>
    public string? Model => Json.TextAt("model"u8);

    public void Dispose() => _document?.Dispose();
}
