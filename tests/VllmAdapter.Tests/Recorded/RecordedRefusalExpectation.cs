using System.Globalization;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Recorded;

/// <summary>What must come of a reply that is a refusal: an exception with the status, the kind and the numbers.</summary>
internal static class RecordedRefusalExpectation
{
    public static IEnumerable<string> Misses(JsonObject expect, Exception? failure, ChatAnswer? answer)
    {
        if (failure is not VllmRequestException refused)
        {
            yield return $"kind: to be refused, but {RecordedExpectation.Told(answer, failure)}";
            yield break;
        }

        string status = Written(expect.Int("status"));
        if (expect.Bool("inside_200") is true)
        {
            if ((Written((int?)refused.StatusCode), refused.ServerErrorCode) != ("200", status))
                yield return $"status: code {status} inside a 200 was expected, and is code {refused.ServerErrorCode} inside a {Written((int?)refused.StatusCode)}";
        }
        else if (Written((int?)refused.StatusCode) != status)
        {
            yield return $"status: {status} was expected, and is {Written((int?)refused.StatusCode)}";
        }

        if (expect.Text("failure") is { } kind && refused.Failure.ToString() != kind)
            yield return $"failure: {kind} was expected, and is {refused.Failure}: {refused.Message}";

        if (expect.Int("window") is { } window && refused.ContextRefusal?.ContextWindow != window)
            yield return $"window: {window} was expected, and is {Written(refused.ContextRefusal?.ContextWindow)}";

        if (expect.Int("prompt") is { } prompt && refused.ContextRefusal?.PromptTokens != prompt)
            yield return $"prompt: {prompt} was expected, and is {Written(refused.ContextRefusal?.PromptTokens)}";

        foreach (string words in expect.Texts("message_has").Where(words => !refused.Message.Contains(words, StringComparison.Ordinal)))
            yield return $"message_has: \"{words}\" is not in \"{refused.Message}\"";
    }

    private static string Written(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
