using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace VllmAdapter.Tests.Properties;

/// <summary>A generated beginning of a reply that fails after its first event, and says so with a code that is worth another attempt.</summary>
/// <param name="Before">What comes before the first event; no chunk.</param>
/// <param name="Delta">What the first event holds beside its error.</param>
/// <param name="Choice">The choice that it is for.</param>
/// <param name="Usage">Counts beside it, or nothing.</param>
/// <param name="Code">The code of the error.</param>
/// <param name="After">What follows the error; nobody is to read it.</param>
internal sealed record FailedStart(string Before, string Delta, int Choice, string Usage, int Code, string After)
{
    /// <summary>Stands in every word and every argument that the failed attempt sent.</summary>
    public const string Mark = "LOST";

    private static readonly string[] Deltas =
    [
        Called("\"id\":\"first\",", "pay", $"{{\"to\":\"{Mark}\"}}"),
        Called("\"id\":\"first\",", "pay", $"{{\"to\":\"{Mark}\", "),
        Called("", "pay", $"{{\"to\":\"{Mark}\", "),
        Called("", "", $"{{\"to\":\"{Mark}\", "),
        Called("\"id\":\"first\",", $"pay{Mark}", ""),
        Called("\"id\":\"first\",", "pay", ""),
        "\"role\":\"assistant\"",
        "\"content\":\"\"",
        "",
    ];

    public static Arbitrary<FailedStart> Any { get; } = Arb.From(
        from before in Gen.Elements("", ": ping\n\n", "\n\n", ": ping\n\n: ping\n\n")
        from delta in Gen.Elements(Deltas)
        from choice in Gen.Elements(0, 0, 0, 1)
        from usage in Gen.Elements("", "", ",\"usage\":{\"prompt_tokens\":9000,\"completion_tokens\":9000,\"total_tokens\":18000}")
        from code in Gen.Elements(503, 500, 429, 502)
        from after in Gen.Elements("", "data: [DONE]\n\n", $"data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{Mark}\"}}}}]}}\n\n")
        select new FailedStart(before, delta, choice, usage, code, after));

    /// <summary>The error stands in the event itself: some gateways send both.</summary>
    public byte[] WithError => Written($",\"error\":{{\"message\":\"worker died\",\"code\":{Code}}}", After);

    /// <summary>The event alone, for an attempt that fails in another way.</summary>
    public byte[] WithoutError => Written("", "");

    public override string ToString() => Encoding.UTF8.GetString(WithError);

    private byte[] Written(string error, string after) =>
        Encoding.UTF8.GetBytes($"{Before}data: {{\"id\":\"{Mark}\",\"choices\":[{{\"index\":{Choice},\"delta\":{{{Delta}}}}}]{Usage}{error}}}\n\n{after}");

    private static string Called(string id, string name, string arguments) =>
        $"\"tool_calls\":[{{\"index\":0,{id}\"function\":{{\"name\":{JsonSerializer.Serialize(name)},\"arguments\":{JsonSerializer.Serialize(arguments)}}}}}]";
}
