using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Tests.Requests;

public class RecordedBodiesTests
{
    private static readonly JsonObject Bodies = Read();

    public static TheoryData<string> Names => [.. Bodies.Select(body => body.Key)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_body_that_a_real_server_was_sent_can_be_said_in_the_typed_API(string name)
    {
        JsonObject recorded = Bodies[name]!.AsObject();

        RecordedRequest.FromBody(recorded).Body().ShouldBeJson(recorded);
    }

    [Theory]
    [InlineData("error-damaged-call-in-history", "messages")]
    [InlineData("error-no-messages", "messages")]
    [InlineData("plain-max-completion-tokens", "max_completion_tokens")]
    [InlineData("guided-json-and-unknown-field", "guided_json", "no_such_field")]
    public void Only_dead_unknown_and_refused_fields_need_Extra(string name, params string[] fields) =>
        RecordedRequest.FromBody(Bodies[name]!.AsObject()).Extra.Should().ContainKeys(fields).And.HaveCount(fields.Length);

    [Fact]
    public void Everything_else_is_said_by_typed_members() =>
        Bodies.Where(body => RecordedRequest.FromBody(body.Value!.AsObject()).Extra is not null).Select(body => body.Key)
            .Should().BeEquivalentTo(
                "error-damaged-call-in-history", "error-no-messages", "history-empty-arguments",
                "plain-max-completion-tokens", "guided-json-and-unknown-field");

    private static JsonObject Read()
    {
        using Stream stream = typeof(RecordedBodiesTests).Assembly.GetManifestResourceStream("recorded-bodies.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}
