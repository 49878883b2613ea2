using System.Collections.Immutable;

namespace VllmAdapter.Testing;

/// <summary>What the model writes for one request, token by token, and how the engine ended it.</summary>
internal sealed record ModelTurn
{
    private ModelTurn(ImmutableArray<ModelToken> tokens, int completion, string reason, string? stop = null)
    {
        Tokens = tokens;
        Completion = completion;
        Reason = reason;
        StopReason = stop;
    }

    /// <summary>What was written, without the end token.</summary>
    public ImmutableArray<ModelToken> Tokens { get; }

    /// <summary>Tokens used up; the end token counts.</summary>
    public int Completion { get; }

    /// <summary>The engine's own reason: <c>stop</c> or <c>length</c>.</summary>
    public string Reason { get; }

    /// <summary>The stop string that ended it.</summary>
    public string? StopReason { get; }

    /// <summary>What happens on the server after the last token.</summary>
    public ImmutableArray<ScriptStep> After { get; private init; } = [];

    /// <summary>Whether the model came to its own end, so that what the script says about the ending happens.</summary>
    public bool EndedByItself => Reason == "stop" && StopReason is null;

    /// <summary>Whether the last token came together with the end, so that the last chunk carries it.</summary>
    public bool EndsWithLastToken => StopReason is not null || (Reason == "length" && Completion == Tokens.Length);

    public static ModelTurn Of(ScriptedReply script, FakeCall call, VllmProfile profile)
    {
        (ImmutableArray<ModelToken> written, ImmutableArray<ScriptStep> after) = ModelOutput.Of(script, call, profile);
        if (CutAtStop(written, call) is { } stopped && stopped.Completion <= call.GrantedTokens)
            return stopped;
        if (call.IgnoresEnd)
            return new ModelTurn([.. written.Take(call.GrantedTokens)], call.GrantedTokens, "length");

        // The end token needs room of its own: an answer of exactly as many tokens as max tokens is cut.
        return written.Length < call.GrantedTokens
            ? new ModelTurn(written, written.Length + 1, "stop") { After = after }
            : new ModelTurn([.. written.Take(call.GrantedTokens)], Math.Max(call.GrantedTokens, call.CountsAtLeast), "length");
    }

    private static ModelTurn? CutAtStop(ImmutableArray<ModelToken> written, FakeCall call)
    {
        string text = string.Concat(written.Select(token => token.Text));
        var first = call.Stops
            .Select(stop => (Stop: stop, Start: text.IndexOf(stop, StringComparison.Ordinal)))
            .Where(hit => hit.Start >= 0)
            .OrderBy(hit => hit.Start + hit.Stop.Length)
            .FirstOrDefault();
        if (first.Stop is null)
            return null;

        int end = first.Start + first.Stop.Length;
        int shown = call.IncludesStop ? end : first.Start;
        var kept = ImmutableArray.CreateBuilder<ModelToken>();
        int used = 0;
        for (int at = 0; at < end; at += written[used++].Text.Length)
        {
            ModelToken token = written[used];
            if (at < shown)
                kept.Add(token with { Text = token.Text[..Math.Min(token.Text.Length, shown - at)] });
        }

        return new ModelTurn(kept.ToImmutable(), used, "stop", first.Stop);
    }
}

/// <summary>One token of a <see cref="ModelTurn"/>.</summary>
/// <param name="Text">What it adds to the raw output.</param>
/// <param name="Part">What the parsers make of it.</param>
/// <param name="CallIndex">The call it belongs to.</param>
/// <param name="Before">What happens on the server before it is written.</param>
internal sealed record ModelToken(string Text, ModelPart Part, int CallIndex, ImmutableArray<ScriptStep> Before);

/// <summary>What the parsers make of a token.</summary>
internal enum ModelPart
{
    /// <summary>A marker that is never delivered.</summary>
    Marker = 1,

    /// <summary>Reasoning.</summary>
    Reasoning,

    /// <summary>Text of the answer.</summary>
    Text,

    /// <summary>The opening of a call, up to its name.</summary>
    CallOpening,

    /// <summary>The token that completes the name of a call.</summary>
    CallName,

    /// <summary>Arguments of a call.</summary>
    Arguments,

    /// <summary>The closing of a call.</summary>
    CallClosing,
}
