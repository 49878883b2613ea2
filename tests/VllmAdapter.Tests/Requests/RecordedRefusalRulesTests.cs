using System.Text;
using System.Text.Json.Nodes;
using VllmAdapter.Tests.Recorded;

namespace VllmAdapter.Tests.Requests;

/// <summary>
/// Odd and wrong requests, each recorded at several versions of vLLM: what every one of them refuses, or one of them ends on, does not leave the
/// client; what one of them takes or ignores is left to the server. Which is which is read off the recordings.
/// </summary>
public sealed class RecordedRefusalRulesTests
{
    // Refused at every version that was recorded, and sent all the same.
    private static readonly Dictionary<string, string> LeftToTheServer = new(StringComparer.Ordinal)
    {
        ["allowed-token-ids-2"] = "hangs on the model's vocabulary",
        ["bad-words-2"] = "hangs on the model's tokenizer",
        ["logit-bias-3"] = "hangs on the model's vocabulary",
        ["cache-salt-1"] = "0.8.5 takes it (not among the recordings)",
        ["image-empty"] = "refused because the model sees no pictures",
        ["image-file-url"] = "refused because the model sees no pictures; allowed by --allowed-local-media-path",
        ["image-to-text-model"] = "refused because the model sees no pictures",
        ["part-unknown"] = "a RawPart is for the kinds that a newer server knows",
        ["structured-json-banana"] = "0.8.5 knows no structured_outputs and ignores it",
        ["structured-regex-bad"] = "0.8.5 knows no structured_outputs and ignores it; dialects differ",
        ["top-logprobs-3"] = "the server's --max-logprobs says how many",
    };

    // Taken by a version that was recorded, and refused all the same: vLLM 0.11.0 ends or falls silent on it, for everybody.
    private static readonly Dictionary<string, string> EndsAServer = new(StringComparer.Ordinal)
    {
        ["structured-none"] = "ended the engine of 0.11.0",
        ["structured-grammar-bad"] = "ended the engines of 0.11.0, 0.15.1 and 0.20.2",
        ["structured-and-response-format"] = "the engine of 0.11.0 fell silent",
        ["structured-two-kinds"] = "two kinds together, as above; 0.8.5 ignores both",
        ["response-format-1"] = "the engine of 0.11.0 ended on it: left out of the body instead",
    };

    /// <summary>Every server takes it; what goes wrong is the answer.</summary>
    private static readonly Dictionary<string, string> RefusedHereAlone = new(StringComparer.Ordinal)
    {
        ["tools-same-name"] = "the calls of two tools of one name cannot be told apart",
    };

    private static readonly ILookup<string, Recording> Versions = Recording.All
        .Where(one => one.Path.Contains("/refusals/", StringComparison.Ordinal) && BodyOf(one) is not null)
        .ToLookup(one => one.Path[(one.Path.LastIndexOf('/') + 1)..]);

    public static TheoryData<string> Cases => [.. Versions.Select(versions => versions.Key)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_every_version_refuses_is_refused_here_and_nothing_else(string name)
    {
        bool isRefusedByAll = Versions[name].All(one => one.Kind == "request-refused");

        bool isRefusedHere = FaultOf(name) is not null;

        bool expected = (isRefusedByAll && !LeftToTheServer.ContainsKey(name)) || (EndsAServer.ContainsKey(name) && name != "response-format-1")
            || RefusedHereAlone.ContainsKey(name);
        isRefusedHere.Should().Be(expected, "{0}", string.Join(", ", Versions[name].Select(one => $"{one.Path}: {one.Kind}")));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_refusal_names_the_field_and_the_way_around_it(string name)
    {
        if (FaultOf(name) is not { } fault)
            return;

        string[] usual = ["model", "messages", "max_tokens", "stream", "stream_options", "tools", "logprobs", "structured_outputs"];
        fault.Should().Contain("; SendUnchecked sends it anyway.");
        if (BodyOf(Versions[name].First())!.Select(member => member.Key).Except(usual).FirstOrDefault() is { } odd)
            fault.Should().Contain(odd);
    }

    [Fact]
    public void Every_exception_to_the_rule_is_one()
    {
        foreach (string name in LeftToTheServer.Keys.Where(Versions.Contains))
            Versions[name].Should().OnlyContain(one => one.Kind == "request-refused", name);
        foreach (string name in EndsAServer.Keys.Where(Versions.Contains))
            (Versions[name].Any(one => one.Kind != "request-refused") || Versions[name].Any(HasEnded) || name == "structured-two-kinds").Should().BeTrue(name);
    }

    [Fact]
    public void The_unchecked_leave_as_they_are()
    {
        foreach (IGrouping<string, Recording> versions in Versions)
        {
            JsonObject recorded = BodyOf(versions.First())!;
            JsonObject sent = (RecordedRequest.FromBody(recorded) with { SendUnchecked = true }).Body();

            foreach ((string field, JsonNode? value) in recorded)
                sent[field].ShouldBeJson(value?.ToJsonString() ?? "null");
        }
    }

    private static string? FaultOf(string name)
    {
        try
        {
            (RecordedRequest.FromBody(BodyOf(Versions[name].First())!) with { SendUnchecked = false }).Body();
            return null;
        }
        catch (ArgumentException refused)
        {
            return refused.Message;
        }
    }

    private static bool HasEnded(Recording one) => Encoding.UTF8.GetString(one.Body).Contains("EngineCore encountered an issue", StringComparison.Ordinal);

    /// <summary>What was sent, as far as it is a JSON object that .NET can hold: no name twice, no half of a surrogate pair.</summary>
    private static JsonObject? BodyOf(Recording one)
    {
        var body = one.Exchange.Request.Body as JsonObject;
        return body?.ContainsKey("raw") is true ? null : body;
    }
}
