using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing.Tests.Server;

/// <summary>The routes of who runs a server, and what the fake server says of itself, in the words that were recorded.</summary>
public sealed class DevelopmentRoutesTests
{
    public static TheoryData<string, string, string?, int, string> Recorded => new()
    {
        // vllm-0.32.0/dev
        { "POST", "/sleep?level=2", null, 200, """{"status":"sleeping","level":2}""" },
        { "POST", "/sleep", null, 200, """{"status":"sleeping","level":1}""" },
        { "GET", "/sleep", null, 405, """{"detail":"Method Not Allowed"}""" },
        { "GET", "/is_sleeping", null, 200, """{"is_sleeping":false}""" },
        { "POST", "/wake_up", null, 200, """{"status":"awake","tags":null}""" },
        { "POST", "/wake_up?tags=nonsense", null, 200, """{"status":"awake","tags":["nonsense"]}""" },
        { "POST", "/pause", null, 200, """{"status":"paused"}""" },
        { "POST", "/resume", null, 200, """{"status":"resumed"}""" },
        { "GET", "/is_paused", null, 200, """{"is_paused":false}""" },
        { "POST", "/abort_requests", "{}", 200, """{"status":"aborted","aborted":0}""" },
        { "POST", "/abort_requests", """{"request_ids":["nobodys"]}""", 200, """{"status":"aborted","aborted":1}""" },
        { "POST", "/abort_requests", null, 400, """{"error":{"message":"Invalid JSON format","type":"Bad Request","param":null,"code":400}}""" },
        { "POST", "/reset_prefix_cache", null, 200, """{"success":true}""" },
        { "POST", "/reset_mm_cache", null, 200, "" },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task In_development_mode_they_answer_as_recorded(string method, string path, string? body, int status, string answer)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.V0_32, DevMode = true });

        (HttpStatusCode Status, string Body) seen = await AskAsync(vllm, method, path, body);

        seen.Should().Be(((HttpStatusCode)status, answer));
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task Without_it_they_are_not_there(string method, string path, string? body, int status, string answer)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = VllmProfile.V0_32 });

        (HttpStatusCode Status, string Body) seen = await AskAsync(vllm, method, path, body);

        seen.Should().Be((HttpStatusCode.NotFound, """{"detail":"Not Found"}"""), $"{status} {answer} is for development mode");
    }

    [Theory]
    [InlineData("mode=nonsense", "query.mode")]
    [InlineData("level=7", "query.level")]
    public async Task A_query_that_is_none_is_refused(string query, string param)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { DevMode = true });

        (HttpStatusCode Status, string Body) seen = await AskAsync(vllm, "POST", $"/sleep?{query}", null);

        seen.Status.Should().Be(HttpStatusCode.BadRequest);
        ((string?)JsonNode.Parse(seen.Body)!["error"]!["param"]).Should().Be(param);
    }

    [Fact]
    public async Task Asleep_and_paused_at_once_it_takes_both_to_go_on()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { DevMode = true });
        await AskAsync(vllm, "POST", "/pause", null);
        await AskAsync(vllm, "POST", "/sleep", null);
        Task<(HttpStatusCode, string)> chat = AskAsync(vllm, "POST", "/v1/chat/completions", Wire.NotStreamed);

        await AskAsync(vllm, "POST", "/resume", null);

        chat.IsCompleted.Should().BeFalse();
        vllm.Waiting.Should().Be(1);
        (await AskAsync(vllm, "GET", "/health", null)).Status.Should().Be(HttpStatusCode.OK);
        await AskAsync(vllm, "POST", "/wake_up", null);
        (await chat).Item1.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_pause_that_waits_answers_when_the_running_requests_have_ended()
    {
        var goesOn = new TaskCompletionSource();
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { DevMode = true }, Script.Says("a").WaitsFor(goesOn.Task).Finishes("stop").Done());
        Task<(HttpStatusCode, string)> chat = AskAsync(vllm, "POST", "/v1/chat/completions", Wire.Streamed);

        Task<(HttpStatusCode, string)> pause = AskAsync(vllm, "POST", "/pause?mode=wait", null);

        pause.IsCompleted.Should().BeFalse();
        goesOn.SetResult();
        (await pause).Item2.Should().Be("""{"status":"paused"}""");
        (await chat).Item2.Should().EndWith("data: [DONE]\n\n");
    }

    [Fact]
    public async Task A_request_that_is_ended_says_abort_with_usage_and_the_marker_over_a_socket()
    {
        var never = new TaskCompletionSource();
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { DevMode = true, Profile = VllmProfile.V0_32 }, Script.Says("Hel").WaitsFor(never.Task));
        using HttpClient http = vllm.CreateHttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(Wire.Streamed, Encoding.UTF8, "application/json") };
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line && !line.Contains("Hel", StringComparison.Ordinal))
        {
        }

        using HttpResponseMessage ended = await http.PostAsync(new Uri("/abort_requests", UriKind.Relative), new StringContent("{}", Encoding.UTF8, "application/json"));

        string rest = await reader.ReadToEndAsync();
        rest.Should().Contain("\"finish_reason\":\"abort\"").And.EndWith("data: [DONE]\n\n");
        (await ended.Content.ReadAsStringAsync()).Should().Be("""{"status":"aborted","aborted":1}""");
    }

    [Fact]
    public async Task What_it_offers_is_in_its_description_unless_that_is_switched_off()
    {
        using var open = FakeVllm.InMemory(new FakeVllmOptions { DevMode = true });
        using var silent = FakeVllm.InMemory(new FakeVllmOptions { HasDocs = false });

        JsonNode description = JsonNode.Parse((await AskAsync(open, "GET", "/openapi.json", null)).Body)!;

        description["paths"]!.AsObject().Select(path => path.Key).Should().Contain(["/v1/chat/completions", "/tokenize", "/sleep"]).And.NotContain("/nope");
        description["components"]!["schemas"]!["ChatCompletionRequest"]!["properties"]!.AsObject().Should().Contain(field => field.Key == "structured_outputs");
        (await AskAsync(silent, "GET", "/openapi.json", null)).Status.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_picture_by_its_id_alone_is_missed_until_it_was_sent()
    {
        using var vllm = FakeVllm.InMemory(Script.Says("A llama.").Finishes("stop").Done());
        static string Asking(string image) =>
            $$"""{"messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},{"type":"image_url","image_url":{{image}},"uuid":"pic-zzz"}]}]}""";

        (HttpStatusCode Status, string Body) missed = await AskAsync(vllm, "POST", "/v1/chat/completions", Asking("null"));

        missed.Status.Should().Be(HttpStatusCode.BadRequest);
        missed.Body.Should().Be("""{"error":{"message":"Cache miss for image at index 0 but data is not provided.","type":"BadRequestError","param":null,"code":400}}""");
        (await AskAsync(vllm, "POST", "/v1/chat/completions", Asking("""{"url":"data:image/png;base64,AAAA"}"""))).Status.Should().Be(HttpStatusCode.OK);
        (await AskAsync(vllm, "POST", "/v1/chat/completions", Asking("null"))).Status.Should().Be(HttpStatusCode.OK);
    }

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(FakeVllm vllm, string method, string path, string? body)
    {
        using HttpClient http = vllm.CreateHttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");

        using HttpResponseMessage response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
