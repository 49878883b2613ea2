using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace VllmAdapter.Testing.Tests;

/// <summary>What real servers did on the routes of plain completions and audio, the fake server of the same version does: its status, its words, and the shape of its replies.</summary>
public sealed partial class RecordedRoutesTests
{
    private static readonly string Texts = Path.Combine(AppContext.BaseDirectory, "Completions");
    private static readonly string Sounds = Path.Combine(AppContext.BaseDirectory, "Audio");

    // What the fake server does otherwise, and why.
    private static readonly Dictionary<string, string> Otherwise = new(StringComparer.Ordinal)
    {
        ["best-of-whole"] = "0.8.5 knows the field; it does not",
        ["engine-dies-mid-stream"] = "its engine lives, unless a script says otherwise",
        ["error-no-prompt-whole"] = "at 0.8.5 one objection for each kind that a prompt may be of",
        ["token-ids-whole"] = "it hands out no ids",
        ["verbose"] = "it has no tokens and no probabilities of its own",
        ["too-large"] = "it takes a file of any size",
        ["models"] = "another route",
    };

    public static TheoryData<string> Completions => [.. Names(Texts).Where(path => !Otherwise.ContainsKey(Path.GetFileNameWithoutExtension(path)))];

    public static TheoryData<string> Audio => [.. Names(Sounds).Where(path => !Otherwise.ContainsKey(Path.GetFileNameWithoutExtension(path)))];

    [Theory]
    [MemberData(nameof(Completions))]
    public async Task What_the_real_server_wrote_the_fake_one_writes(string path)
    {
        RecordedExchange recorded = RecordedExchange.Load(Path.Combine(Texts, path));
        VllmProfile profile = VllmProfile.All.Single(profile => path.StartsWith($"vllm-{profile.Version}/", StringComparison.Ordinal));
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = profile, Model = "tiny", ContextWindow = 2048 }, Written(recorded));
        using HttpClient http = vllm.CreateHttpClient();

        using HttpResponseMessage response = await Wire.PostAsync(http, recorded.Request.Body!.ToJsonString(), "v1/completions");

        await ShouldBeAsync(recorded, response);
    }

    [Theory]
    [MemberData(nameof(Audio))]
    public async Task What_the_real_server_heard_the_fake_one_hears(string path)
    {
        RecordedExchange recorded = RecordedExchange.Load(Path.Combine(Sounds, path));
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.V0_32, Model = "tiny", Kinds = ModelKinds.Transcribes }, Script.Model.Says("Hello there, this is a test."));
        using HttpClient http = vllm.CreateHttpClient();
        using HttpContent content = recorded.Request.Body is JsonObject said && said["form"] is JsonObject form ? FormOf(form) : new StringContent("{}", Encoding.UTF8, "application/json");

        using HttpResponseMessage response = await http.PostAsync(recorded.Request.Path.TrimStart('/'), content);

        await ShouldBeAsync(recorded, response);
    }

    private static async Task ShouldBeAsync(RecordedExchange recorded, HttpResponseMessage response)
    {
        string real = string.Concat(recorded.Response.Pieces.Select(piece => Encoding.UTF8.GetString(piece.Bytes.Span)));
        string said = await response.Content.ReadAsStringAsync();

        ((int)response.StatusCode).Should().Be(recorded.Response.Status, said);
        (response.Content.Headers.ContentType?.ToString()).Should().Be(recorded.Response.Headers.First(header => header.Key == "content-type").Value);
        if (recorded.Response.Status != (int)HttpStatusCode.OK)
        {
            Words(said).Should().Be(Words(real));
            return;
        }

        // The first, the one that ends a choice, and what follows them; what lies between is alike.
        string[] shapes = Shapes(said);
        string[] realShapes = Shapes(real);
        shapes.Should().BeEquivalentTo(realShapes);
    }

    // The model was made to write so much, or was cut.
    private static ScriptedReply Written(RecordedExchange recorded) =>
        Script.Model.Says(recorded.Truth!["forced_output"]?.GetValue<string>() is { Length: > 0 } forced ? string.Concat(Enumerable.Repeat(forced, 3)) : recorded.Name == "empty-whole" ? "" : "versal words that go on and on and on and on");

    private static MultipartFormDataContent FormOf(JsonObject form)
    {
        var content = new MultipartFormDataContent();
        foreach ((string name, JsonNode? value) in form)
            content.Add(new StringContent(value!.GetValue<string>()), name);
        content.Add(new ByteArrayContent([1, 2, 3]), "file", "sine.wav");
        return content;
    }

    // Every kind of chunk once, without what each says.
    private static string[] Shapes(string body) => [.. (body.StartsWith('{') ? [body] : body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(block => block["data: ".Length..]))
        .Select(data => data == "[DONE]" ? data : Shape(JsonNode.Parse(data), "")).Distinct()];

    private static string Shape(JsonNode? node, string name) => node switch
    {
        // Counts of cached tokens are a matter of how the server was started, and there is a reason at the end.
        _ when name is "prompt_tokens_details" or "finish_reason" or "stop_reason" or "logprobs" or "system_fingerprint" => "?",
        null => "null",
        JsonObject members => $"{{{string.Join(",", members.Where(member => member.Key != "prompt_tokens_details").Select(member => $"{member.Key}:{Shape(member.Value, member.Key)}"))}}}",
        JsonArray items when name == "choices" => $"[{string.Join(",", items.Select(item => Shape(item, "")).Distinct())}]",
        JsonArray => "[]",
        _ => node.GetValueKind().ToString().Replace("True", "Flag", StringComparison.Ordinal),
    };

    private static string Words(string body)
    {
        string words = Numbers().Replace(body, "N").Replace(" Valid aliases: tiny.", "", StringComparison.Ordinal);
        int input = words.IndexOf("'input':", StringComparison.Ordinal);
        return input < 0 ? words : words[..input];
    }

    private static IEnumerable<string> Names(string folder) => Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal);

    [GeneratedRegex("-?[0-9]+")]
    private static partial Regex Numbers();
}
