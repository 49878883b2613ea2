using System.Globalization;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Requests;

public class RequestHeadersTests
{
    [Fact]
    public void Each_member_is_sent_under_the_name_that_vLLM_and_its_routers_read()
    {
        var headers = new RequestHeaders
        {
            RequestId = "r-1",
            Session = "s-1",
            Priority = -2,
            DataParallelRank = 3,
            Additional = new Dictionary<string, string>(StringComparer.Ordinal) { ["X-Tenant"] = "t-1" },
        };

        Sent(headers).Select(header => $"{header.Key}: {header.Value}").Should().BeEquivalentTo(
            "X-Request-ID: r-1", "X-Session-ID: s-1", "X-Vllm-Priority: -2", "X-data-parallel-rank: 3", "X-Tenant: t-1");
    }

    [Fact]
    public void What_is_not_set_is_not_sent() => Sent(new RequestHeaders()).Should().BeEmpty();

    [Fact]
    public void An_additional_header_replaces_what_was_there()
    {
        using var message = new HttpRequestMessage();
        message.Headers.Add("Authorization", "Bearer first");

        new RequestHeaders { Additional = new Dictionary<string, string>(StringComparer.Ordinal) { ["authorization"] = "Bearer second" } }.ApplyTo(message.Headers);

        message.Headers.GetValues("Authorization").Should().Equal("Bearer second");
    }

    [Theory]
    [InlineData("X-Tenant", "a\r\nX-Evil: b")]
    [InlineData("Content-Type", "text/plain")]
    [InlineData("not a name", "a")]
    [InlineData("X-Tenant", "Müller")]
    [InlineData("X-Tenant", "minus \u2212")]
    public void A_header_that_cannot_be_sent_is_refused_by_its_name(string name, string value) =>
        new RequestHeaders { Additional = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value } }.Invoking(Sent)
            .Should().Throw<ArgumentException>().WithMessage($"Headers.Additional cannot be sent as the request header '{name}'*");

    [Fact]
    public void An_id_with_a_line_break_is_refused_by_its_member() =>
        new RequestHeaders { RequestId = "a\nb" }.Invoking(Sent)
            .Should().Throw<ArgumentException>().WithMessage("Headers.RequestId cannot be sent*").WithParameterName("request");

    [Fact]
    public void A_header_that_cannot_be_sent_is_refused_by_the_call_and_nothing_is_sent()
    {
        using FakeVllm vllm = FakeVllm.InMemory();
        using HttpClient http = vllm.CreateHttpClient();
        var adapter = new VllmInferenceAdapter(http);
        ChatRequest request = ChatRequest.FromPrompt("Hello.") with { Headers = new RequestHeaders { Session = "Zoë" } };

        adapter.Invoking(a => a.StreamChatAsync(request)).Should().Throw<ArgumentException>()
            .WithMessage("Headers.Session cannot be sent as the request header 'X-Session-ID': it must consist of ASCII characters.*");
        vllm.Requests.Should().BeEmpty();
    }

    [Fact]
    public void Numbers_are_written_alike_in_every_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var swedish = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            swedish.NumberFormat.NegativeSign = "\u2212";
            CultureInfo.CurrentCulture = swedish;

            Sent(new RequestHeaders { Priority = -2, DataParallelRank = -3 }).Values.Should().Equal("-2", "-3");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static Dictionary<string, string> Sent(RequestHeaders headers)
    {
        using var message = new HttpRequestMessage();
        headers.ApplyTo(message.Headers);
        return message.Headers.ToDictionary(header => header.Key, header => header.Value.Single(), StringComparer.OrdinalIgnoreCase);
    }
}
