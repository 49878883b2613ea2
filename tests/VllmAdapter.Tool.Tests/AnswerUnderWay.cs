using System.Text;

namespace VllmAdapter.Tool.Tests;

/// <summary>An answer whose headers are there, read line by line while the rest of it is still to come. Disposed, it hangs up.</summary>
internal sealed class AnswerUnderWay : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly StreamReader _body;

    private AnswerUnderWay(HttpClient http, HttpResponseMessage response, Stream body) =>
        (_http, Response, _body) = (http, response, new StreamReader(body));

    public HttpResponseMessage Response { get; }

    public static HttpRequestMessage Request(Uri endpoint, string body, string path = "v1/chat/completions") =>
        new(HttpMethod.Post, new Uri(endpoint, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    public static async Task<AnswerUnderWay> AskAsync(Uri endpoint, string body, string path = "v1/chat/completions")
    {
        var http = new HttpClient();
        using HttpRequestMessage request = Request(endpoint, body, path);
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new AnswerUnderWay(http, response, await response.Content.ReadAsStreamAsync());
    }

    public Task<string?> LineAsync() => _body.ReadLineAsync().WaitAsync(Guard);

    public Task<string> RestAsync() => _body.ReadToEndAsync().WaitAsync(Guard);

    /// <summary>Reads on until a line has the text.</summary>
    /// <returns>What was read.</returns>
    public async Task<string> UntilAsync(string expected)
    {
        StringBuilder read = new();
        while (await LineAsync() is { } line)
        {
            read.AppendLine(line);
            if (line.Contains(expected, StringComparison.Ordinal))
                return read.ToString();
        }

        throw new EndOfStreamException($"\"{expected}\" did not come, but {read}");
    }

    public void Dispose()
    {
        _body.Dispose();
        Response.Dispose();
        _http.Dispose();
    }
}
