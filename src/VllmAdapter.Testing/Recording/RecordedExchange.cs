using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>One request and all that came back for it, byte by byte and with the time of every piece.</summary>
/// <remarks>Immutable and thread-safe. Written by <see cref="RecordingHandler"/>, served again by <see cref="FakeVllm"/>.</remarks>
public sealed record RecordedExchange
{
    /// <summary>What the case is called, for example <c>tools-zero-argument</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Which server answered: its version and the start options that matter; null when nobody wrote it down.</summary>
    public JsonNode? Server { get; init; }

    /// <summary>What was asked.</summary>
    public required RecordedRequest Request { get; init; }

    /// <summary>What the model was made to do, where that is known.</summary>
    public JsonNode? Truth { get; init; }

    /// <summary>What came back.</summary>
    public required RecordedResponse Response { get; init; }

    /// <summary>What a careful client must conclude from the response, where somebody worked it out.</summary>
    public JsonNode? Expect { get; init; }

    /// <summary>Reads a recording from a file.</summary>
    /// <exception cref="FormatException">The file is not a recording.</exception>
    public static RecordedExchange Load(string path) => Parse(File.ReadAllText(path));

    /// <summary>Reads a recording from its JSON text.</summary>
    /// <exception cref="FormatException">The text is not a recording.</exception>
    public static RecordedExchange Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return RecordingFormat.Read(JsonNode.Parse(json));
        }
        catch (Exception notARecording) when (notARecording is JsonException or InvalidOperationException)
        {
            throw new FormatException($"This is not a recorded exchange: {notARecording.Message}", notARecording);
        }
    }

    /// <summary>Writes the recording as JSON text that <see cref="Parse"/> reads.</summary>
    public string ToJson() => RecordingFormat.Write(this);

    /// <summary>Writes the recording to a file.</summary>
    public void Save(string path) => File.WriteAllText(path, ToJson());
}

/// <summary>The request of a <see cref="RecordedExchange"/>.</summary>
public sealed record RecordedRequest
{
    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The path, without a query, which could hold a key.</summary>
    public required string Path { get; init; }

    /// <summary>The body as JSON; a JSON string when it was text of another kind; null when there was none.</summary>
    public JsonNode? Body { get; init; }

    /// <summary>Headers that mattered; never a secret.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
}

/// <summary>The response of a <see cref="RecordedExchange"/>.</summary>
public sealed record RecordedResponse
{
    /// <summary>The HTTP status code.</summary>
    public required int Status { get; init; }

    /// <summary>The headers as received, in order, without date, server and connection.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The body, piece by piece.</summary>
    public IReadOnlyList<RecordedPiece> Pieces { get; init; } = [];

    /// <summary>Whether the body had its proper end: the last chunk, or as many bytes as were announced.</summary>
    public required bool BodyComplete { get; init; }

    /// <summary>What became of the connection.</summary>
    public required SocketEnd SocketEnd { get; init; }
}

/// <summary>Bytes that arrived together.</summary>
/// <param name="At">When they arrived, measured from the request.</param>
/// <param name="Bytes">The bytes as received.</param>
public readonly record struct RecordedPiece(TimeSpan At, ReadOnlyMemory<byte> Bytes);

/// <summary>What became of the connection of a recorded exchange.</summary>
public enum SocketEnd
{
    /// <summary>It was closed in order; whether the body was whole is another question.</summary>
    Closed = 1,

    /// <summary>It was reset: expect a transport error after the last piece.</summary>
    Reset,

    /// <summary>The server stayed silent with the connection open until the reader gave up: expect nothing after the last piece.</summary>
    Timeout,
}
