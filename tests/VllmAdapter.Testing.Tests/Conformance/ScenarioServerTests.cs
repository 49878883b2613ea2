using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing.Tests.Conformance;

public sealed class ScenarioServerTests : IAsyncLifetime, IDisposable
{
    private readonly HttpClient _http = new();
    private ScenarioServer _server = null!;

    public async Task InitializeAsync() => _server = await ScenarioServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public void Every_scenario_has_an_id_of_its_own_that_needs_no_escaping()
    {
        Scenarios.All.Select(scenario => scenario.Id).Should().OnlyHaveUniqueItems()
            .And.AllSatisfy(id => id.Should().MatchRegex("^[a-z0-9]+(-[a-z0-9]+)*$"));
        Scenarios.All.Should().AllSatisfy(scenario => Scenarios.Find(scenario.Id).Should().BeSameAs(scenario));
        Scenarios.All.Should().AllSatisfy(scenario => Scenarios.Find(scenario.Name.ToUpperInvariant()).Should().BeSameAs(scenario));
        Scenarios.Find("no such thing").Should().BeNull();
    }

    [Fact]
    public async Task Every_scenario_ends_at_its_address_as_it_says()
    {
        foreach (Scenario scenario in Scenarios.All.Where(scenario => scenario.Transports.HasFlag(ScenarioTransports.Http1)))
        {
            var options = new VllmAdapterOptions { Endpoint = _server.EndpointOf(scenario) };
            scenario.Configure(options);
            using var http = new HttpClient { BaseAddress = _server.EndpointOf(scenario), Timeout = Timeout.InfiniteTimeSpan };

            (await scenario.RunAsync(new VllmInferenceAdapter(http, options))).EnsureAsExpected();
        }
    }

    [Fact]
    public async Task A_header_names_a_scenario_at_the_usual_address()
    {
        Scenario scenario = Scenarios.All.First(scenario => scenario.Expected.Failure == RequestFailure.Overloaded);

        using HttpResponseMessage named = await AskAsync("/v1/chat/completions", scenario.Name);
        using HttpResponseMessage byId = await AskAsync("/v1/chat/completions", scenario.Id);
        using HttpResponseMessage unnamed = await AskAsync("/v1/chat/completions", scenario: null);

        named.StatusCode.Should().NotBe(HttpStatusCode.OK);
        byId.StatusCode.Should().Be(named.StatusCode);
        unnamed.StatusCode.Should().Be(HttpStatusCode.OK);
        _server.OtherRequests.Should().ContainSingle();
    }

    [Theory]
    [InlineData("/scenarios/no-such-thing/v1/chat/completions", null)]
    [InlineData("/v1/chat/completions", "no such thing")]
    public async Task A_scenario_that_there_is_not_is_404_and_a_sentence(string path, string? header)
    {
        using HttpResponseMessage answer = await AskAsync(path, header);

        answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).Should().StartWith("There is no scenario \"no").And.Contain("GET /scenarios lists all");
    }

    [Fact]
    public async Task The_list_tells_what_to_ask_where_and_what_must_come_of_it()
    {
        JsonArray list = (await _http.GetFromJsonAsync<JsonArray>(new Uri(_server.Endpoint, "/scenarios")))!;

        list.Should().HaveCount(Scenarios.All.Count);
        foreach ((Scenario scenario, JsonNode? row) in Scenarios.All.Zip(list))
        {
            row!["name"]!.GetValue<string>().Should().Be(scenario.Name);
            row["sources"]!.AsArray().Should().NotBeEmpty();
            new Uri(_server.Endpoint, row["path"]!.GetValue<string>() + "/").Should().Be(_server.EndpointOf(scenario));
            row["request"]!["messages"]!.AsArray().Should().NotBeEmpty();
            (row["request"]!["max_tokens"] ?? row["request"]!["max_completion_tokens"])?.GetValue<int>().Should().Be(scenario.Request.MaxTokens);
            row["expected"]!["verdict"]?.GetValue<string>().Should().Be(scenario.Expected.Verdict?.ToString());
            row["expected"]!["failure"]?.GetValue<string>().Should().Be(scenario.Expected.Failure?.ToString());
            row["expected"]!["calls_to_run"]!.AsArray().Should().HaveCount(scenario.Expected.ReadyCalls.Count);
            row["expected"]!["calls_not_to_run"]!.AsArray().Should().HaveCount(scenario.Expected.Withheld.Count);
        }
    }

    [Fact]
    public async Task What_the_list_says_to_ask_is_taken_by_the_scenario_that_it_belongs_to()
    {
        JsonArray list = (await _http.GetFromJsonAsync<JsonArray>(new Uri(_server.Endpoint, "/scenarios")))!;
        JsonNode row = list.Single(row => row!["id"]!.GetValue<string>() == Scenarios.All[0].Id)!;

        using HttpResponseMessage answer = await _http.PostAsync(
            new Uri(_server.Endpoint, row["path"] + "/v1/chat/completions"), new StringContent(row["request"]!.ToJsonString(), Encoding.UTF8, "application/json"));

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("text/event-stream");
    }

    [Fact]
    public async Task A_script_of_ones_own_answers_what_names_no_scenario()
    {
        await using ScenarioServer server = await ScenarioServer.StartAsync(otherwise: Script.Replies(418, "teapot"));

        using HttpResponseMessage answer = await _http.PostAsJsonAsync(
            new Uri(server.Endpoint, "/v1/chat/completions"), new { messages = new[] { new { role = "user", content = "Hi" } } });

        ((int)answer.StatusCode).Should().Be(418);
    }

    [Fact]
    public async Task On_every_address_it_is_found_at_this_machines_own()
    {
        await using ScenarioServer server = await ScenarioServer.StartAsync(new FakeVllmOptions { Address = IPAddress.Any });

        server.Endpoint.Host.Should().Be("127.0.0.1");
        (await _http.GetStringAsync(new Uri(server.Endpoint, "/version"))).Should().Contain(VllmProfile.V0_33.Version);
    }

    private async Task<HttpResponseMessage> AskAsync(string path, string? scenario)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server.Endpoint, path))
        {
            Content = new StringContent("""{"messages": [{"role": "user", "content": "Hi"}]}""", Encoding.UTF8, "application/json"),
        };
        if (scenario is not null)
            request.Headers.Add(ScenarioServer.HeaderName, scenario);
        return await _http.SendAsync(request);
    }
}
