using System.Text;
using VllmAdapter.Tool.Guard;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>Which routes are guarded, and what the guard reads off a request.</summary>
public sealed class GuardedRouteTests
{
    [Theory]
    [InlineData("/v1/chat/completions", "Chat")]
    [InlineData("/team-a/V1/chat/completions", "Chat")]
    [InlineData("/v1/completions", "Completions")]
    [InlineData("/team-a/v1/completions", "Completions")]
    [InlineData("/v1/responses", "Responses")]
    [InlineData("/team-a/v1/responses", "Responses")]
    [InlineData("/v1/responses/resp_1/cancel", null)]
    [InlineData("/v1/completions/render", null)]
    [InlineData("/v1/embeddings", null)]
    [InlineData("/completions", null)]
    [InlineData("/", null)]
    public void A_route_is_known_by_its_end_below_any_path(string path, string? route)
    {
        string? known = GuardedRoutes.At(path)?.ToString();

        known.Should().Be(route);
    }

    [Theory]
    [InlineData("Chat", """{"messages":[],"n":3}""", 3)]
    [InlineData("Completions", """{"prompt":"Once"}""", 1)]
    [InlineData("Completions", """{"prompt":[1,2,3],"n":2}""", 2)]
    [InlineData("Completions", """{"prompt":["a","b","c"],"n":2}""", 6)]
    [InlineData("Completions", """{"prompt":[[1],[2]]}""", 2)]
    [InlineData("Responses", """{"input":"Hello.","n":2}""", 1)]
    public void As_many_choices_are_expected_as_prompts_and_choices_of_each(string route, string body, int choices)
    {
        GuardedRequest asked = GuardedRequest.Read(Encoding.UTF8.GetBytes(body), Enum.Parse<GuardedRoute>(route));

        (asked.Choices, asked.Json is not null).Should().Be((choices, true));
    }

    [Theory]
    [InlineData("Chat", """{"prompt":"Once"}""")]
    [InlineData("Completions", """{"messages":[]}""")]
    [InlineData("Responses", """{"messages":[]}""")]
    [InlineData("Responses", "[]")]
    [InlineData("Responses", """{"input":"a","input":"b"}""")]
    public void A_request_that_asks_nothing_on_its_route_cannot_be_judged(string route, string body) =>
        GuardedRequest.Read(Encoding.UTF8.GetBytes(body), Enum.Parse<GuardedRoute>(route)).Json.Should().BeNull();
}
