using System.Text;
using System.Text.Json.Nodes;
using VllmAdapter.Tool.Guard;

namespace VllmAdapter.Tool.Batch;

/// <summary>A line of results: OpenAI's batch format, with how the answer ended in the field <c>vllm_adapter</c>.</summary>
internal sealed record BatchResult(byte[] Line, string Verdict, bool IsWhole, int CompletionTokens)
{
    /// <summary>The result of an answer.</summary>
    /// <param name="id">The request's own.</param>
    /// <param name="requestId">The id that it was sent with.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="body">The reply's body as it came; null if none did.</param>
    public static BatchResult Of(string id, string requestId, ChatAnswer answer, byte[]? body)
    {
        StreamOutcome outcome = answer.Outcome;
        var ending = Ending.Of(outcome, CutEnding.Length);
        JsonObject line = Start(id, requestId);
        byte[] reply = body is not null && ending.Reasons.Count > 0 ? WholeEdits.WithReasons(body, ending, explains: false) : body ?? [];
        line["response"] = new JsonObject { ["status_code"] = 200, ["request_id"] = requestId, ["body"] = JsonOf(reply) };
        line["error"] = ending.IsError ? new JsonObject { ["code"] = ending.Error, ["message"] = outcome.Explain() } : null;
        line[Words.Field] = Words.Explanation(outcome);
        return new(FrameEdits.ToUtf8(line), Words.Snake(outcome.Verdict), !ending.IsError && outcome.IsComplete, outcome.Usage?.CompletionTokens ?? 0);
    }

    /// <summary>The result of a request that the server refuses, or that cannot be sent as it is.</summary>
    public static BatchResult Of(string id, string requestId, Exception refused)
    {
        JsonObject line = Start(id, requestId);
        var refusal = refused as VllmRequestException;
        line["response"] = refusal?.StatusCode is { } status
            ? new JsonObject { ["status_code"] = (int)status, ["request_id"] = requestId, ["body"] = JsonOf(Encoding.UTF8.GetBytes(refusal.ResponseBody ?? "")) }
            : null;
        line["error"] = new JsonObject { ["code"] = refusal is null ? "invalid_request" : Words.Snake(refusal.Failure), ["message"] = Failures.SentenceOf(refused) };
        line[Words.Field] = new JsonObject { ["verdict"] = "refused", ["explanation"] = Failures.SentenceOf(refused) };
        return new(FrameEdits.ToUtf8(line), "refused", IsWhole: false, CompletionTokens: 0);
    }

    private static JsonObject Start(string id, string requestId) => new() { ["id"] = $"batch_req_{requestId}", ["custom_id"] = id };

    // What is no JSON is kept as the text that it is.
    private static JsonNode? JsonOf(byte[] body) =>
        body.Length == 0 ? null : FrameEdits.JsonOf(body) is { } json ? json : JsonValue.Create(Encoding.UTF8.GetString(body));
}
