using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Tests.Check;

public sealed class CheckMarkdownTests
{
    [Fact]
    public void What_a_server_says_is_no_markup_of_the_page()
    {
        string page = CheckMarkdown.Of(Report("<script>alert(1)</script> | **bold** [link](http://x)\n# Heading"));

        page.Should().Contain(@"\<script\>alert(1)\</script\> \| \*\*bold\*\* \[link\](http://x) \# Heading");
        page.Should().NotContain("\n# Heading");
    }

    [Fact]
    public void A_finding_has_its_meaning_its_evidence_with_the_request_id_and_what_helps()
    {
        string page = CheckMarkdown.Of(Report("No reason came."));

        page.Should().Contain("### An answer ends without a finish reason (fault, `finish-reason-missing`)")
            .And.Contain("- `tool-auto`: No reason came. (request id `abc`)")
            .And.Contain("Agents take it for an exhausted budget")
            .And.Contain("| `tool-auto` | Does a call come? | fault. |");
    }

    [Fact]
    public void Nothing_found_is_said()
    {
        string page = CheckMarkdown.Of(Report("x") with { Findings = [] });

        page.Should().Contain("## Findings\n\nNone.");
    }

    private static CheckReport Report(string said) => new()
    {
        Endpoint = "http://gpu:8000/",
        At = DateTimeOffset.UnixEpoch,
        Findings = [new Finding(EndKinds.ReasonMissing, [new Evidence("tool-auto", said, "abc")])],
        Probes = [new ProbeResult { Name = "tool-auto", Asks = "Does a call come?", Worst = Severity.Fault }],
    };
}
