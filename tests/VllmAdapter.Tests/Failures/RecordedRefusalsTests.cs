using System.Net;
using System.Text;
using System.Text.Json;

namespace VllmAdapter.Tests.Failures;

/// <summary>Every distinct refusal that was recorded from vLLM 0.8.5 to 0.32.0 and from two gateways.</summary>
public class RecordedRefusalsTests
{
    private static readonly Dictionary<string, Refused> All = Load();

    public static TheoryData<string> Cases => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Means_what_its_caller_should_do(string name)
    {
        Refused recorded = All[name];

        VllmRequestException failed = VllmRequestException.For(recorded.ToFailureFacts());

        failed.Failure.Should().Be(recorded.Failure);
        failed.ContextRefusal.Should().Be(recorded.Refusal);
        failed.IsRetryable.Should().Be(recorded.Failure is RequestFailure.EngineDead or RequestFailure.Unavailable);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reads_as_one_line_without_the_users_words(string name)
    {
        string message = VllmRequestException.For(All[name].ToFailureFacts()).Message;

        message.Should().EndWith(".").And.NotContainAny("\n", "random number", "..", ":.");
        message.Length.Should().BeInRange(40, 600);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Keeps_the_servers_own_text(string name)
    {
        Refused recorded = All[name];

        VllmRequestException failed = VllmRequestException.For(recorded.ToFailureFacts());

        (failed.ResponseBody ?? "").Should().Be(recorded.Body);
        bool saysNothing = name is "vllm-0.8.5/general/engine-dead-500-empty" or "vllm-0.8.5/general/error-no-messages";
        (failed.ServerMessage is null).Should().Be(saysNothing);
    }

    [Fact]
    public void None_of_them_was_lost()
    {
        All.Should().HaveCount(58);
        All.Values.Count(r => r.Refusal is not null).Should().Be(8);
    }

    private static Dictionary<string, Refused> Load()
    {
        using Stream file = typeof(RecordedRefusalsTests).Assembly.GetManifestResourceStream("recorded-refusals.json")!;
        using JsonDocument rows = JsonDocument.Parse(file);
        return rows.RootElement.EnumerateArray()
            .ToDictionary(r => r.GetProperty("case").GetString()!, Refused.Read, StringComparer.Ordinal);
    }

    private sealed record Refused(
        int Status, string? ContentType, bool InsideStream, int? RequestedMaxTokens, string Body, RequestFailure Failure,
        ContextRefusal? Refusal)
    {
        public static Refused Read(JsonElement row) => new(
            row.GetProperty("status").GetInt32(),
            row.GetProperty("contentType").GetString(),
            row.GetProperty("insideStream").GetBoolean(),
            Number(row, "requestedMaxTokens"),
            row.GetProperty("body").GetString()!,
            Enum.Parse<RequestFailure>(row.GetProperty("failure").GetString()!),
            row.TryGetProperty("refusal", out JsonElement refusal) ? ReadRefusal(refusal) : null);

        public FailureFacts ToFailureFacts() => new()
        {
            Status = (HttpStatusCode)Status,
            ContentType = ContentType,
            InsideStream = InsideStream,
            RequestedMaxTokens = RequestedMaxTokens,
            Error = InsideStream ? Event() : ServerError.FromBody(ContentType, Encoding.UTF8.GetBytes(Body)),
        };

        private ServerError Event()
        {
            ServerError.TryRead(Encoding.UTF8.GetBytes(Body), out ServerError? error).Should().BeTrue();
            return error!;
        }

        private static ContextRefusal ReadRefusal(JsonElement row) => new()
        {
            ContextWindow = Number(row, "contextWindow"),
            PromptTokens = Number(row, "promptTokens"),
            PromptIsLowerBound = row.GetProperty("promptIsLowerBound").GetBoolean(),
            RequestedMaxTokens = Number(row, "requestedMaxTokens"),
            PromptAloneIsTooLong = row.GetProperty("promptAloneIsTooLong") is { ValueKind: not JsonValueKind.Null } known
                ? known.GetBoolean()
                : null,
        };

        private static int? Number(JsonElement row, string name) =>
            row.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null;
    }
}
