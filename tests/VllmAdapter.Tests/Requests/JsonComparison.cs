using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Requests;

internal static class JsonComparison
{
    public static JsonObject Body(this ChatRequest request, string? model = null, UsageReporting usage = UsageReporting.None) =>
        JsonNode.Parse(ChatRequestBody.Build(request, model, usage).Utf8)!.AsObject();

    public static void ShouldBeJson(this JsonNode? actual, string expected) =>
        actual.ShouldBeJson(JsonNode.Parse(expected, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }));

    // Equal but for the order of the fields and the way a number is written.
    public static void ShouldBeJson(this JsonNode? actual, JsonNode? expected) =>
        JsonNode.DeepEquals(actual, expected).Should().BeTrue("{0} should be {1}", actual?.ToJsonString(), expected?.ToJsonString());
}
