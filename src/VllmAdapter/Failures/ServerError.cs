using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VllmAdapter.Diagnostics;

/// <summary>What a server said went wrong, in whatever shape it said it; absent parts are null.</summary>
public sealed record ServerError
{
    private const int RawKept = 4096;

    internal static ServerError Empty { get; } = new();

    /// <summary>The server's own text.</summary>
    public string? Message { get; init; }

    /// <summary>The server's word for the kind of error, such as <c>BadRequestError</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The request's field that the server blames.</summary>
    public string? Parameter { get; init; }

    /// <summary>The server's code as text; vLLM sends a number, its Rust front end and gateways a string.</summary>
    public string? Code { get; init; }

    /// <summary>The code, if it is a number or reads as one.</summary>
    public int? CodeNumber { get; init; }

    /// <summary>The text as received, bounded.</summary>
    public string Raw { get; init; } = "";

    /// <summary>The message without what it repeats of the request; null if nobody looked.</summary>
    [JsonInclude]
    internal string? Words { get; init; }

    /// <summary>True if the server itself called it an error; false for a body of another kind.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal bool IsDeclared { get; init; }

    /// <summary>True if the body broke off, so that more may have been said.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal bool IsCut { get; init; }

    /// <summary>Reads an error out of one JSON document; false for everything else, whatever the bytes are.</summary>
    /// <param name="utf8Json">The document.</param>
    /// <param name="error">What it says.</param>
    /// <param name="secrets">What is hidden in it before anything is cut off.</param>
    internal static bool TryRead(ReadOnlySpan<byte> utf8Json, [NotNullWhen(true)] out ServerError? error, Secrets? secrets = null)
    {
        string text = Decode(utf8Json);
        error = ReadDeclared(text)?.Keeping(text, secrets ?? Secrets.None);
        return error is not null;
    }

    /// <summary>Reads the body of a failed response, whatever it holds.</summary>
    /// <param name="contentType">Its label.</param>
    /// <param name="body">Its bytes.</param>
    /// <param name="secrets">What is hidden in it before anything is cut off.</param>
    internal static ServerError FromBody(string? contentType, ReadOnlySpan<byte> body, Secrets? secrets = null)
    {
        secrets ??= Secrets.None;
        string text = Decode(body);
        string trimmed = text.Trim();
        ServerError read = ReadDeclared(trimmed) ?? ReadFirstEvent(trimmed) ?? trimmed switch
        {
            "" => Empty,
            _ when HtmlText.Looks(contentType, trimmed) => new() { Message = HtmlText.Read(secrets.Hide(trimmed)!) },
            _ when IsJson(trimmed) => Parse(trimmed, ServerErrorJson.ReadAny) ?? Empty,
            _ => new() { Message = ServerText.Cut(secrets.Hide(trimmed)!, RawKept) },
        };

        return read.Keeping(text, secrets);
    }

    /// <summary>The same without keys: gateways are known to repeat the one that they refuse.</summary>
    internal ServerError Without(Secrets secrets) => ReferenceEquals(secrets, Secrets.None) ? this : this with
    {
        Message = secrets.Hide(Message),
        Words = secrets.Hide(Words),
        Type = secrets.Hide(Type),
        Parameter = secrets.Hide(Parameter),
        Code = secrets.Hide(Code),
        Raw = secrets.Hide(Raw)!,
    };

    private ServerError Keeping(string text, Secrets secrets) => Without(secrets) with { Raw = ServerText.Cut(secrets.Hide(text)!, RawKept) };

    private static ServerError? ReadDeclared(string text) =>
        Parse(text, ServerErrorJson.ReadDeclared) is { } read ? read with { IsDeclared = true } : null;

    // Gateways answer with a failed status and still frame the error as an event.
    private static ServerError? ReadFirstEvent(string text)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                return ReadDeclared(line["data:".Length..].ToString());
            }
        }

        return null;
    }

    // Bytes that are not UTF-8 become replacement characters here, so that no later step meets them.
    private static string Decode(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8).TrimStart('\uFEFF');

    private static bool IsJson(string text) => Parse(text, _ => Empty) is not null;

    private static ServerError? Parse(string text, Func<JsonElement, ServerError?> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, JsonText.Parsing);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a property named by half of a surrogate pair, which parses but is no text.
            return null;
        }
    }
}
