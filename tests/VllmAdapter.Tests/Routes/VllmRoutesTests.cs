using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using RichardSzalay.MockHttp;
using VllmAdapter.Tests.Telemetry;

namespace VllmAdapter.Tests.Routes;

/// <summary>Any other route: asked with the adapter's address, key, retries and typed errors.</summary>
[Collection(TelemetryCollection.Name)]
public sealed class VllmRoutesTests : IDisposable
{
    private readonly MockHttpMessageHandler _server = new();
    private readonly HttpClient _http;

    public VllmRoutesTests() => _http = _server.ToHttpClient();

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData("/v1/decisions", "http://vllm.test:8000/team-a/v1/decisions")]
    [InlineData("v1/decisions", "http://vllm.test:8000/team-a/v1/decisions")]
    [InlineData("/generative_scoring", "http://vllm.test:8000/team-a/generative_scoring")]
    public async Task Json_goes_out_and_comes_back_with_the_key_below_the_address_of_the_adapter(string path, string address)
    {
        _server.Expect(HttpMethod.Post, address).WithHeaders("Authorization", "Bearer secret").WithContent("""{"input":"a"}""")
            .Respond("application/json", """{"decision":"yes"}""");

        JsonElement answer = await NewAdapter().Routes.PostAsync(path, new JsonObject { ["input"] = "a" });

        answer.GetProperty("decision").GetString().Should().Be("yes");
        _server.VerifyNoOutstandingExpectation();
    }

    [Fact]
    public async Task Json_is_got_with_a_query()
    {
        _server.Expect(HttpMethod.Get, "http://vllm.test:8000/team-a/server_info?config_format=json").Respond("application/json", """{"a":1}""");

        JsonElement answer = await NewAdapter().Routes.GetAsync("/server_info?config_format=json");

        answer.GetProperty("a").GetInt32().Should().Be(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("//evil.test/v1/models")]
    [InlineData("https://evil.test/v1/models")]
    [InlineData("/../secret")]
    [InlineData("/v1/../../secret")]
    [InlineData("/\\evil.test/a")]
    [InlineData("/v1/models#a")]
    public async Task A_path_that_leads_elsewhere_is_refused_before_a_key_goes_there(string path)
    {
        Func<Task> asking = () => NewAdapter().Routes.GetAsync(path);

        (await asking.Should().ThrowAsync<ArgumentException>()).Which.ParamName.Should().Be("path");
    }

    [Fact]
    public async Task What_may_pass_is_tried_again_under_an_id_of_its_own()
    {
        List<string> ids = [];
        _server.When("*").Respond(request =>
        {
            ids.Add(request.Headers.GetValues("X-Request-Id").Single());
            return ids.Count == 1
                ? new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new StringContent("""{"error":{"message":"The request queue is full.","code":503}}""") }
                : new HttpResponseMessage { Content = new StringContent("{}", mediaType: new("application/json")) };
        });

        await NewAdapter().Routes.GetAsync("/a", new RequestHeaders { RequestId = "mine" });

        ids.Should().Equal("mine", "mine-2");
    }

    [Theory]
    [InlineData(404, """{"detail":"Not Found"}""", RequestFailure.RouteNotFound)]
    [InlineData(200, """{"error":{"message":"The model does not support Embeddings API","type":"BadRequestError","param":null,"code":400}}""", RequestFailure.RouteNotFound)]
    [InlineData(200, "<html><title>Sign in</title></html>", RequestFailure.UnexpectedContent)]
    [InlineData(200, """{"a":""", RequestFailure.UnexpectedContent)]
    [InlineData(200, "", RequestFailure.UnexpectedContent)]
    [InlineData(400, """{"error":{"message":"bad","type":"BadRequestError","param":"input","code":400}}""", RequestFailure.BadRequest)]
    public async Task What_is_no_answer_is_a_typed_failure(int status, string body, RequestFailure failure)
    {
        _server.When("*").Respond((HttpStatusCode)status, "application/json", body);

        Func<Task> asking = () => NewAdapter().Routes.GetAsync("/a");

        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(failure);
    }

    [Fact]
    public async Task A_question_is_one_span_whatever_it_took()
    {
        using var listener = new SpanListener();
        _server.When("*").Respond(HttpStatusCode.NotFound, "application/json", """{"detail":"Not Found"}""");

        await FluentActions.Awaiting(() => NewAdapter().Routes.GetAsync("/only-here")).Should().ThrowAsync<VllmRequestException>();

        Activity span = listener.Spans.Single(span => span.GetTagItem(VllmTelemetry.Attributes.ServerAddress) as string == "vllm.test" && span.DisplayName == "route");
        (span.Status, span.GetTagItem(VllmTelemetry.Attributes.ErrorType)).Should().Be((ActivityStatusCode.Error, "route_not_found"));
    }

    private VllmInferenceAdapter NewAdapter() => new(
        _http,
        new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test:8000/team-a"), ApiKey = "secret", Resilience = { BaseDelay = TimeSpan.FromMilliseconds(1) } });

    private sealed class SpanListener : IDisposable
    {
        private readonly ActivityListener _listener;

        public SpanListener()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == VllmTelemetry.SourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = Spans.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public System.Collections.Concurrent.ConcurrentQueue<Activity> Spans { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
