using System.Net;
using System.Text.Json.Nodes;
using RichardSzalay.MockHttp;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Server;

/// <summary>What a server offers, told without a model doing anything.</summary>
public sealed class ServerCapabilitiesTests
{
    public static TheoryData<string, bool> Servers
    {
        get
        {
            var servers = new TheoryData<string, bool>();
            foreach (VllmProfile profile in VllmProfile.All)
            {
                servers.Add(profile.Version, true);
                servers.Add(profile.Version, false);
            }

            return servers;
        }
    }

    public static TheoryData<int, string, bool?, CapabilitySource> Told => new()
    {
        { 33, "/v1/chat/completions", true, CapabilitySource.ApiDescription },
        { 33, "/v1/embeddings", false, CapabilitySource.Probe },
        { 33, "/v1/chat/completions/render", false, CapabilitySource.Probe },
        { 33, "/tokenize", true, CapabilitySource.ApiDescription },
        { 33, "/sleep", false, CapabilitySource.Probe },
        { 20, "/rerank", false, CapabilitySource.Probe },
        { 11, "/v1/chat/completions", true, CapabilitySource.Probe },
        { 11, "/v1/embeddings", false, CapabilitySource.Probe },
        { 11, "/classify", false, CapabilitySource.Probe },
        { 11, "/v1/audio/transcriptions", null, CapabilitySource.Nothing },
        { 8, "/v1/chat/completions", true, CapabilitySource.Probe },
        { 8, "/score", false, CapabilitySource.Probe },
        { 8, "/pooling", false, CapabilitySource.Probe },
        { 8, "/v1/messages", false, CapabilitySource.Probe },
        { 8, "/tokenize", true, CapabilitySource.ApiDescription },
    };

    [Theory]
    [MemberData(nameof(Told))]
    public async Task A_route_is_offered_or_not_and_it_is_said_what_that_is_known_from(int minor, string path, bool? offered, CapabilitySource source)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = Profile($"0.{minor}.") });

        RouteCapability route = (await vllm.CreateAdapter().Server.GetCapabilitiesAsync()).Of(path);

        (route.IsOffered, route.Source).Should().Be((offered, source), route.Reason);
        route.Reason.Should().EndWith(".");
        route.Needs.Should().NotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_server_with_its_docs_switched_off_tells_as_much(string version, bool isInDevelopment)
    {
        var options = new FakeVllmOptions { Profile = Profile(version), DevMode = isInDevelopment };
        using var open = FakeVllm.InMemory(options);
        using var silent = FakeVllm.InMemory(options with { HasDocs = false });

        ServerCapabilities told = await open.CreateAdapter().Server.GetCapabilitiesAsync();
        ServerCapabilities probed = await silent.CreateAdapter().Server.GetCapabilitiesAsync();

        probed.Routes.Select(route => (route.Path, route.IsOffered)).Should().Equal(told.Routes.Select(route => (route.Path, route.IsOffered)));
        probed.Routes.Should().NotContain(route => route.Source == CapabilitySource.ApiDescription);
        told.ChatFields.Should().Contain("messages");
        (probed.ChatFields, probed.Version).Should().Be((null, new ServerVersion(version)));
        told.Of("/sleep").IsOffered.Should().Be(isInDevelopment);
    }

    [Fact]
    public async Task Asking_runs_nothing_and_changes_nothing()
    {
        foreach (VllmProfile profile in VllmProfile.All)
        {
            using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = profile, DevMode = true });

            await vllm.CreateAdapter().Server.GetCapabilitiesAsync();

            (vllm.Completed, vllm.Running, vllm.Aborted).Should().Be((0, 0, 0));
            vllm.Requests.Where(request => request.Method == "POST").Should().OnlyContain(request => SaysNothing(request));
            vllm.Requests.Count.Should().BeLessThan(50);
        }
    }

    [Theory]
    [InlineData("vllm-0.8.5")]
    [InlineData("vllm-0.11.0")]
    [InlineData("vllm-0.20.2")]
    [InlineData("vllm-0.32.0")]
    [InlineData("vllm-0.33.0")]
    public async Task Real_answers_of_servers_that_generate_say_that_they_neither_embed_nor_rank(string version)
    {
        ServerCapabilities offered = await NewAdapter(Recorded(version)).Server.GetCapabilitiesAsync();

        foreach (string path in (string[])["/v1/embeddings", "/pooling", "/v1/score", "/rerank", "/v1/rerank"])
            offered.Of(path).IsOffered.Should().BeFalse($"{path}: {offered.Of(path).Reason}");

        // What was recorded there of old servers was refused for its fields, before the model was looked at.
        offered.Of("/score").IsOffered.Should().Be(version is "vllm-0.8.5" or "vllm-0.11.0" ? null : false);

        offered.Of("/load").IsOffered.Should().BeTrue();
        offered.Of("/sleep").IsOffered.Should().BeFalse();
        offered.Of("/v1/responses").IsOffered.Should().Be(version != "vllm-0.8.5");
    }

    [Theory]
    [InlineData(501, """{"error":{"message":"The model does not support Embeddings API","type":"NotImplementedError","param":null,"code":501}}""", false)]
    [InlineData(400, """{"error":{"message":"You must pass at least one prompt","type":"BadRequestError","param":null,"code":400}}""", true)]
    [InlineData(500, "", null)]
    [InlineData(401, """{"error":"Unauthorized"}""", null)]
    public async Task Embeddings_that_lie_there_may_be_refused_by_a_model_of_token_vectors(int status, string body, bool? offered)
    {
        using var server = new MockHttpMessageHandler();
        server.When("/version").Respond("application/json", """{"version":"0.32.0"}""");
        server.When("/openapi.json").Respond("application/json", """{"paths":{"/pooling":{"post":{}},"/v1/embeddings":{"post":{}}}}""");
        server.When(HttpMethod.Post, "/v1/embeddings").Respond((HttpStatusCode)status, "application/json", body);
        server.When("*").Respond(HttpStatusCode.NotFound, "application/json", """{"detail":"Not Found"}""");

        ServerCapabilities offers = await NewAdapter(server).Server.GetCapabilitiesAsync();

        offers.Of("/v1/embeddings").IsOffered.Should().Be(offered, offers.Of("/v1/embeddings").Reason);
        offers.Of("/pooling").IsOffered.Should().BeTrue();
    }

    [Theory]
    [InlineData("""{"paths":{"/v1/embeddings":{"post":{}},"/key/generate":{"post":{}}}}""")]
    [InlineData("""{"paths":[]}""")]
    [InlineData("""[]""")]
    [InlineData("""{"paths":{"/pooling":7}}""")]
    [InlineData("<html>")]
    public async Task Of_a_gateway_nothing_is_told_of_the_server_behind_it(string description)
    {
        using var gateway = new MockHttpMessageHandler();
        gateway.When("/openapi.json").Respond("application/json", description);
        gateway.When("/version").Respond(HttpStatusCode.NotFound, "application/json", "{}");
        gateway.When("/v1/models").Respond("application/json", """{"data":[]}""");
        gateway.When("/v1/embeddings").Respond(HttpStatusCode.MethodNotAllowed);
        gateway.When("*").Respond(HttpStatusCode.NotFound, "application/json", "{}");

        ServerCapabilities offers = await NewAdapter(gateway).Server.GetCapabilitiesAsync();

        (offers.Version, offers.ChatFields).Should().Be((null, null));
        (offers.Of("/v1/embeddings").IsOffered, offers.Of("/v1/chat/completions").IsOffered).Should().Be((null, null));
        (offers.Of("/v1/models").IsOffered, offers.Of("/metrics").IsOffered).Should().Be((true, false));
    }

    [Fact]
    public async Task That_nobody_answers_is_no_answer()
    {
        using var nobody = new MockHttpMessageHandler();
        nobody.When("*").Throw(new HttpRequestException(HttpRequestError.ConnectionError));

        Func<Task> asking = () => NewAdapter(nobody).Server.GetCapabilitiesAsync();

        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.ConnectionFailed);
    }

    [Fact]
    public async Task A_route_that_the_adapter_does_not_know_is_not_known()
    {
        using var vllm = FakeVllm.InMemory();

        (await vllm.CreateAdapter().Server.GetCapabilitiesAsync()).Of("v1/nope").Should().Match<RouteCapability>(route => route.Path == "/v1/nope" && route.IsOffered == null);
    }

    private static bool SaysNothing(ReceivedRequest request) => request.Json is JsonObject body
        && body.All(field => field.Value is JsonArray { Count: 0 } or null || field.Value!.ToString().Length == 0);

    private static VllmProfile Profile(string version) => VllmProfile.All.Single(profile => profile.Version.StartsWith(version, StringComparison.Ordinal));

    // Answers as the server of that version did; where nothing was recorded, it is not there.
    private static MockHttpMessageHandler Recorded(string version)
    {
        var server = new MockHttpMessageHandler();
        server.When("/version").Respond("application/json", $$"""{"version":"{{version["vllm-".Length..]}}"}""");
        foreach (string name in RecordedRoute.Names.Where(name => name.StartsWith($"{version}/missing/", StringComparison.Ordinal)))
        {
            RecordedRoute recorded = RecordedRoute.Of(name);
            server.When(recorded.Method, recorded.Path).Respond(_ => recorded.Response());
        }

        server.When(HttpMethod.Post, "/v1/chat/completions").Respond(
            HttpStatusCode.BadRequest, "application/json", """{"error":{"message":"list index out of range","type":"BadRequestError","param":null,"code":400}}""");
        server.When("*").Respond(HttpStatusCode.NotFound, "application/json", """{"detail":"Not Found"}""");
        return server;
    }

    private static VllmInferenceAdapter NewAdapter(HttpMessageHandler server) =>
        new(new HttpClient(server, disposeHandler: false), new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") });
}
