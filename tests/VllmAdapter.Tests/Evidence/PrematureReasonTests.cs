using System.Text;

namespace VllmAdapter.Tests.EvidenceOfChoices;

/// <summary>A finish reason that stands before the answer says nothing of its end (open-webui#23921).</summary>
public sealed class PrematureReasonTests
{
    private const string Role = """{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}""";
    private const string Text = """{"choices": [{"index": 0, "delta": {"content": "Hello"}}]}""";
    private const string Call = """{"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"name": "f"}}]}}]}""";
    private const string Stop = """{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}""";
    private const string StopWithText = """{"choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": "stop"}]}""";

    public static TheoryData<string, string[], bool, bool> Streams => new()
    {
        { "text, then a reason", [Role, Text, Stop], false, true },
        { "a reason alone", [Stop], false, true },
        { "a reason, then text", [Stop, Text], true, false },
        { "a reason, then a call", [Stop, Call], true, false },
        { "a reason, then text, then a reason", [Stop, Text, Stop], false, true },
        { "a reason, then text with a reason", [Stop, StopWithText], false, true },
        { "a reason with text, then text: late, not premature", [StopWithText, Text], false, true },
        { "text, a reason, text: late, not premature", [Text, Stop, Text], false, true },
        { "a call, a reason, text: late, not premature", [Call, Stop, Text], false, true },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Only_a_reason_before_all_output_is_premature(string stream, string[] events, bool isPremature, bool everyChoiceDeclared)
    {
        StreamEvidence evidence = new();
        var reader = new ChunkReader();
        foreach (string json in events)
        {
            reader.Read(Encoding.UTF8.GetBytes(json));
            evidence.Fold(reader);
        }

        (evidence.Choices[0].ReasonWasPremature, evidence.EveryChoiceDeclared).Should().Be((isPremature, everyChoiceDeclared), stream);
    }
}
