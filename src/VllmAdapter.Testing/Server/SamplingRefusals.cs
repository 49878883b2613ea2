using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>What vLLM's sampling parameters refuse, one rule a row, in vLLM's order.</summary>
internal sealed class SamplingRefusals(VllmProfile profile, RefusalWriter writer)
{
    // No server can answer with more at once, and neither can this one.
    private const int MostChoices = 16_384;

    private static readonly SamplingRule[] Rules =
    [
        SamplingRule.Whole("n", n => n < 1, "n must be at least 1, got {0}."),
        SamplingRule.Whole("n", n => n > MostChoices, $"n must be at most {MostChoices}, got {{0}}."),
        SamplingRule.Float("presence_penalty", p => p is < -2 or > 2, "presence_penalty must be in [-2, 2], got {0}."),
        SamplingRule.Float("frequency_penalty", p => p is < -2 or > 2, "frequency_penalty must be in [-2, 2], got {0}."),
        SamplingRule.Float("repetition_penalty", p => p <= 0, "repetition_penalty must be greater than zero, got {0}."),
        SamplingRule.Float("temperature", t => t < 0, "temperature must be non-negative, got {0}.") with { IsNamed = true },
        SamplingRule.Float("temperature", t => t > 2, "temperature must be in [0, 2], got {0}.") with { IsNamed = true, Since = 24 },
        SamplingRule.Float("top_p", p => p is <= 0 or > 1, "top_p must be in (0, 1], got {0}.") with { IsNamed = true },
        SamplingRule.Whole("top_k", k => k < -1, "top_k must be 0 (disable), or at least 1, got {0}.") with { Since = 9 },
        SamplingRule.Whole("top_k", k => k is < -1 or 0, "top_k must be -1 (disable), or at least 1, got {0}.") with { Until = 8 },
        SamplingRule.Float("min_p", p => p is < 0 or > 1, "min_p must be in [0, 1], got {0}."),
        SamplingRule.Whole("max_completion_tokens", m => m < 1, "max_tokens must be at least 1, got {0}.") with { Told = "max_tokens", IsNamed = true, Since = 16 },
        SamplingRule.Whole("max_completion_tokens", m => m < 0, "max_tokens must be at least 1, got {0}.") with { Told = "max_tokens", Until = 15 },
        SamplingRule.Whole("max_tokens", m => m < 1, "max_tokens must be at least 1, got {0}.") with { IsNamed = true },
        SamplingRule.Whole("min_tokens", m => m < 0, "min_tokens must be greater than or equal to 0, got {0}."),
        SamplingRule.Whole("truncate_prompt_tokens", t => t == 0, "truncate_prompt_tokens must be an integer >= 1 or -1, got {0}") with { Since = 9, Until = 15 },
    ];

    public WireReply? Of(JsonNode body)
    {
        foreach (SamplingRule rule in Rules)
        {
            if (profile.Minor >= rule.Since && profile.Minor <= rule.Until && body.At(rule.Field).Number() is { } number && rule.Refuses(number)
                && !(rule.Field == "max_tokens" && body.At("max_completion_tokens").Number() is > 0))
            {
                string got = rule.IsFloat ? Python.Float(number) : number.ToString(CultureInfo.InvariantCulture);
                string sentence = string.Format(CultureInfo.InvariantCulture, rule.Sentence, got);
                return rule.IsNamed ? writer.Refuse(writer.Named(sentence, rule.Told ?? rule.Field, got)) : writer.Refuse(sentence);
            }
        }

        return OfMany(body);
    }

    private WireReply? OfMany(JsonNode body)
    {
        if (body.At("temperature").Number() == 0 && body.At("n").Count() is > 1 and var many)
            return writer.Refuse($"n must be 1 when using greedy sampling, got {many}.");
        if (FakeCall.MaxTokens(body) is { } most && body.At("min_tokens").Count() is { } least && least > most)
            return writer.Refuse($"min_tokens must be less than or equal to max_tokens={most}, got {least}.");
        if (FakeCall.StopsOf(body).Any(string.IsNullOrEmpty))
            return writer.Refuse("stop cannot contain an empty string.");
        if (profile.Minor >= 26 && body.At("bad_words").Items().Any(word => word.Text() is ""))
            return writer.Refuse($"bad_words cannot contain an empty string. Got bad_words={Python.Repr(body.At("bad_words"))}");

        string[] odd = [.. (body.At("logit_bias") as JsonObject ?? []).Select(bias => bias.Key).Where(key => !BigInteger.TryParse(key, CultureInfo.InvariantCulture, out _))];
        if (odd.Length == 0)
            return null;
        string keys = $"[{string.Join(", ", odd.Select(Python.Repr))}]";
        return profile.Minor >= 28
            ? writer.Refuse(writer.Named($"logit_bias contains key(s) that cannot be converted to integer token IDs: {keys}", "logit_bias", keys))
            : writer.Refuse($"invalid literal for int() with base 10: {Python.Repr(odd[0])}");
    }
}

/// <summary>One number that vLLM refuses, in the minor versions from <see cref="Since"/> to <see cref="Until"/>.</summary>
internal sealed record SamplingRule(string Field, Func<double, bool> Refuses, string Sentence, bool IsFloat)
{
    public bool IsNamed { get; init; }

    /// <summary>The field that the refusal tells, if another.</summary>
    public string? Told { get; init; }

    public int Since { get; init; }

    public int Until { get; init; } = int.MaxValue;

    public static SamplingRule Whole(string field, Func<double, bool> refuses, string sentence) => new(field, refuses, sentence, IsFloat: false);

    public static SamplingRule Float(string field, Func<double, bool> refuses, string sentence) => new(field, refuses, sentence, IsFloat: true);
}
