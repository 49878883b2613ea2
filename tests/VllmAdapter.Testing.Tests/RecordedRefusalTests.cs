using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace VllmAdapter.Testing.Tests;

/// <summary>Odd and wrong requests that real servers were sent: the fake server of the same version does with each of them what the real one did, in its place and its words.</summary>
public sealed partial class RecordedRefusalTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Recordings");

    // What the fake server takes, and why.
    private static readonly Dictionary<string, string> Kinder = new(StringComparer.Ordinal)
    {
        ["bad-words-2"] = "its tokenizer makes a token of everything",
        ["body-nan"] = "it reads JSON, which has no NaN, and refuses it as that",
        ["image-empty"] = "its model sees, and says what one that sees would say",
        ["image-file-url"] = "its model sees, and says what one that sees would say",
        ["image-to-text-model"] = "its model sees",
        ["thinking-token-budget-1"] = "a reasoning parser is always configured",
        ["thinking-token-budget-2"] = "a reasoning parser is always configured",
        ["audio-to-image-model"] = "its model hears",
        ["video-to-image-model"] = "its model sees videos",
        ["three-images-limit-two"] = "there is no limit",
        ["cut-image"] = "what a picture shows, it does not look at",
        ["not-an-image"] = "what a picture shows, it does not look at",
        ["image-pil-part"] = "a fault of the server's own",
        ["image-url-as-string"] = "not among its rules",
        ["input-image-part"] = "not among its rules",
        ["file-part"] = "not among its rules",
        ["http-nobody-listens"] = "it loads nothing from anywhere",
    };

    // Refused in another sentence: what follows from the server's own libraries or earlier requests.
    private static readonly Dictionary<string, string> InOtherWords = new(StringComparer.Ordinal)
    {
        ["response-format-4"] = "tells the second of the clock at 0.8.5",
    };

    // What the real server had been sent before.
    private static readonly Dictionary<string, string> Before = new(StringComparer.Ordinal)
    {
        ["uuid-again-without-data"] = "uuid",
    };

    public static TheoryData<string> Cases =>
    [
        .. Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
            .Where(path => ProfileOf(path) is not null && !Kinder.ContainsKey(Path.GetFileNameWithoutExtension(path)))
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_the_real_server_did_the_fake_one_does(string path)
    {
        RecordedExchange recorded = RecordedExchange.Load(Path.Combine(Folder, path));
        string real = string.Concat(recorded.Response.Pieces.Select(piece => Encoding.UTF8.GetString(piece.Bytes.Span)));

        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = ProfileOf(path)!, Model = "tiny" });
        string name = Path.GetFileNameWithoutExtension(path);
        if (Before.TryGetValue(name, out string? earlier))
            await AskAsync(RecordedExchange.Load(Path.Combine(Folder, path.Replace(name, earlier, StringComparison.Ordinal))), vllm);

        (HttpStatusCode status, string said) = await AskAsync(recorded, vllm);

        ((int)status).Should().Be(recorded.Response.Status, said);
        if (recorded.Response.Status < 400 && recorded.Expect?["kind"]?.GetValue<string>() != "request-refused")
            said.Should().NotContain("\"error\"");
        else if (!InOtherWords.ContainsKey(name))
            Words(said).Should().Be(Told(Words(real), Words(said)));
    }

    [Fact]
    public void What_is_taken_for_a_reason_was_refused_somewhere() =>
        Kinder.Keys.Should().OnlyContain(name => Directory.EnumerateFiles(Folder, $"{name}.json", SearchOption.AllDirectories)
            .Any(file => RecordedExchange.Load(file).Expect!["kind"]!.GetValue<string>() == "request-refused" || name.StartsWith("thinking", StringComparison.Ordinal)));

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(RecordedExchange recorded, FakeVllm vllm)
    {
        using HttpClient http = vllm.CreateHttpClient();
        JsonNode? body = recorded.Request.Body;
        string sent = body is JsonObject raw && raw.ContainsKey("raw") ? raw["raw"]!.GetValue<string>() : body!.ToJsonString();
        string type = recorded.Request.Headers.FirstOrDefault(header => header.Key == "Content-Type").Value ?? "application/json";
        using var content = new StringContent(sent, Encoding.UTF8);
        content.Headers.ContentType = new(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, recorded.Request.Path) { Content = content };
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        // A server that fell silent is not waited for.
        return recorded.Response.Pieces.Count == 0 ? (response.StatusCode, "") : (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    // Where a field may be of many kinds, the real server tells the objections of each, and the fake one the first.
    private static string Told(string real, string said)
    {
        string first = Message().Match(said).Groups[1].Value;
        string all = Message().Match(real).Groups[1].Value;
        bool isMany = Objection().Count(all.Split("\\n\\n  File")[0]) > 1;
        return isMany && all.StartsWith(first.TrimEnd(']'), StringComparison.Ordinal) ? real.Replace(all, first, StringComparison.Ordinal) : real;
    }

    // Paths and vocabularies are each server's own.
    private static string Words(string body) =>
        Vocabulary().Replace(File().Replace(body, "File \\\"PATH\\\""), "Vocabulary size: N").Replace("tiny-llama", "tiny", StringComparison.Ordinal);

    private static VllmProfile? ProfileOf(string path) => VllmProfile.All.FirstOrDefault(profile => path.StartsWith($"vllm-{profile.Version}/", StringComparison.Ordinal));

    [GeneratedRegex("\"message\": ?\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Message();

    [GeneratedRegex("'type': '[a-z_]+', 'loc'|\\[type=")]
    private static partial Regex Objection();

    [GeneratedRegex("File \\\\\"[^\\\\]*\\\\\"")]
    private static partial Regex File();

    [GeneratedRegex("Vocabulary size: [0-9]+")]
    private static partial Regex Vocabulary();
}
