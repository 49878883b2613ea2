using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Explain;

/// <summary>Reads what <c>curl -i</c> printed: status line, headers, an empty line, the body.</summary>
internal static class CurlDump
{
    /// <exception cref="ToolException">It has no headers that end.</exception>
    public static RecordedInput Read(string name, ReadOnlyMemory<byte> dump)
    {
        ReadOnlyMemory<byte> rest = dump[dump.Span.IndexOf("HTTP/"u8)..];
        int status;
        List<KeyValuePair<string, string>> headers;
        do
        {
            // 100 Continue and the answers of proxies come before the one that counts.
            (status, headers, rest) = ReadHead(name, rest);
        }
        while ((status < 200 || IsTunnel(headers, status)) && rest.Span.StartsWith("HTTP/"u8));

        string type = headers.Find(static header => header.Key == "content-type").Value ?? "";
        string? length = headers.Find(static header => header.Key == "content-length").Value;
        bool isMeasured = long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out long announced);
        RecordedExchange bare = InputReader.Bare(name, type, rest, status);
        return new RecordedInput
        {
            Exchange = bare with
            {
                Request = bare.Request with { Body = new JsonObject { ["stream"] = type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) } },
                Response = bare.Response with { Headers = headers, BodyComplete = !isMeasured || rest.Length >= announced },
            },
            Format = "what curl -i printed",
            HasEnd = isMeasured,
        };
    }

    private static (int Status, List<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body) ReadHead(string name, ReadOnlyMemory<byte> dump)
    {
        (int end, int length) = EndOfHead(dump.Span);
        if (end < 0)
            throw new ToolException($"{name} begins like an HTTP response, but its headers do not end. Save it with curl -N -i.");

        string[] lines = Encoding.Latin1.GetString(dump.Span[..end]).Split('\n', StringSplitOptions.TrimEntries);
        string[] words = lines[0].Split(' ', 3);
        if (words.Length < 2 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int status) || status is < 100 or > 599)
            throw new ToolException($"{name} begins with {Wording.Quote(lines[0])}, which is not an HTTP status line.");

        List<KeyValuePair<string, string>> headers = [];
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                headers.Add(KeyValuePair.Create(line[..colon].Trim().ToLowerInvariant(), line[(colon + 1)..].Trim()));
        }

        // curl took the chunks apart and, if it was asked to, decompressed.
        headers.RemoveAll(static header => header.Key is "transfer-encoding" or "content-encoding");
        return (status, headers, dump[(end + length)..]);
    }

    private static (int End, int Length) EndOfHead(ReadOnlySpan<byte> dump)
    {
        int lines = dump.IndexOf("\r\n\r\n"u8);
        int bare = dump.IndexOf("\n\n"u8);
        return lines >= 0 && (bare < 0 || lines < bare) ? (lines, 4) : (bare, 2);
    }

    private static bool IsTunnel(List<KeyValuePair<string, string>> headers, int status) =>
        status == 200 && !headers.Exists(static header => header.Key == "content-type");
}
