using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The file format of a <see cref="RecordedExchange"/>.</summary>
internal static class RecordingFormat
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Recordings are read by people: text stays text.
    private static readonly JsonSerializerOptions Legible = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static RecordedExchange Read(JsonNode? file) => new()
    {
        Name = Text(file, "name"),
        Server = Member(file, "server"),
        Request = new RecordedRequest
        {
            Method = Text(file?["request"], "method"),
            Path = Text(file?["request"], "path"),
            Body = Member(file?["request"], "body"),
            Headers = (file?["request"]?["headers"]?.AsObject() ?? [])
                .ToDictionary(header => header.Key, header => header.Value?.GetValue<string>() ?? "", StringComparer.OrdinalIgnoreCase),
        },
        Truth = Member(file, "truth"),
        Response = new RecordedResponse
        {
            Status = Required(file?["response"], "status").GetValue<int>(),
            Headers = [.. Required(file?["response"], "headers").AsArray().Select(ReadHeader)],
            Pieces = [.. Required(file?["response"], "body").AsArray().Select(ReadPiece)],
            BodyComplete = ReadComplete(file?["response"]),
            SocketEnd = ReadEnd(Text(file?["response"], "socket_end")),
        },
        Expect = Member(file, "expect"),
    };

    public static string Write(RecordedExchange exchange)
    {
        var request = new JsonObject
        {
            ["method"] = exchange.Request.Method,
            ["path"] = exchange.Request.Path,
            ["body"] = exchange.Request.Body?.DeepClone(),
        };
        if (exchange.Request.Headers.Count > 0)
            request["headers"] = new JsonObject(exchange.Request.Headers.Select(header => KeyValuePair.Create(header.Key, (JsonNode?)header.Value)));

        RecordedResponse response = exchange.Response;
        var file = new JsonObject
        {
            ["name"] = exchange.Name,
            ["server"] = exchange.Server?.DeepClone(),
            ["request"] = request,
            ["truth"] = exchange.Truth?.DeepClone(),
            ["response"] = new JsonObject
            {
                ["status"] = response.Status,
                ["headers"] = new JsonArray([.. response.Headers.Select(header => new JsonArray(header.Key, header.Value))]),
                ["body_complete"] = response.BodyComplete,
                ["socket_end"] = WriteEnd(response.SocketEnd),
                ["body"] = new JsonArray([.. response.Pieces.Select(WritePiece)]),
            },
        };
        if (exchange.Expect is not null)
            file["expect"] = exchange.Expect.DeepClone();
        return file.ToJsonString(Legible) + "\n";
    }

    private static KeyValuePair<string, string> ReadHeader(JsonNode? header) =>
        KeyValuePair.Create(At(header, 0).GetValue<string>(), At(header, 1).GetValue<string>());

    private static RecordedPiece ReadPiece(JsonNode? piece)
    {
        JsonNode content = At(piece, 1);
        byte[] bytes = content is JsonObject
            ? Convert.FromBase64String(Text(content, "base64"))
            : Encoding.UTF8.GetBytes(content.GetValue<string>());
        return new RecordedPiece(TimeSpan.FromMilliseconds(At(piece, 0).GetValue<double>()), bytes);
    }

    private static JsonArray WritePiece(RecordedPiece piece) =>
        new(Math.Round(piece.At.TotalMilliseconds, 1), AsText(piece.Bytes.Span) is { } text
            ? JsonValue.Create(text)
            : new JsonObject { ["base64"] = Convert.ToBase64String(piece.Bytes.Span) });

    // A piece may end inside a character; such a piece is kept as it is rather than mended.
    private static string? AsText(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // Null stands where neither a length nor chunks framed the body: the end of the connection is its end.
    private static bool ReadComplete(JsonNode? response) => response is JsonObject members && members.ContainsKey("body_complete")
        ? members["body_complete"]?.GetValue<bool>() ?? Text(response, "socket_end") == "closed"
        : Required(response, "body_complete").GetValue<bool>();

    private static SocketEnd ReadEnd(string word) => word switch
    {
        "closed" => SocketEnd.Closed,
        "reset" => SocketEnd.Reset,
        "timeout" => SocketEnd.Timeout,
        _ => throw new InvalidOperationException($"socket_end is \"{word}\"; closed, reset and timeout are known."),
    };

    private static string WriteEnd(SocketEnd end) => end switch
    {
        SocketEnd.Closed => "closed",
        SocketEnd.Reset => "reset",
        _ => "timeout",
    };

    private static JsonNode? Member(JsonNode? parent, string name) => (parent as JsonObject)?[name]?.DeepClone();

    private static string Text(JsonNode? parent, string name) => Required(parent, name).GetValue<string>();

    private static JsonNode At(JsonNode? pair, int index) =>
        pair is JsonArray { Count: 2 } ? pair[index] ?? throw new InvalidOperationException("A null stands in a pair.")
            : throw new InvalidOperationException("Headers and pieces are pairs.");

    private static JsonNode Required(JsonNode? parent, string name) =>
        (parent as JsonObject)?[name] ?? throw new InvalidOperationException($"\"{name}\" is missing.");
}
