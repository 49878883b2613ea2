namespace VllmAdapter;

/// <summary>How tokens are drawn and what stops them.</summary>
/// <remarks>
/// Null and empty members are left to the server, which takes temperature, top-p, top-k, min-p and the repetition
/// penalty from the model's generation_config.json. The ranges given here are vLLM's; what every version refuses is not sent
/// (see <see cref="ChatRequest.SendUnchecked"/>).
/// </remarks>
public sealed record SamplingOptions
{
    private readonly EqualMap<int, double> _logitBias;

    /// <summary>How freely tokens are drawn.</summary>
    /// <value>0 (always the most likely token) or more; at most 2 since vLLM 0.24.</value>
    public double? Temperature { get; init; }

    /// <summary>Draws from the most likely tokens that together have this probability.</summary>
    /// <value>Above 0, at most 1.</value>
    public double? TopP { get; init; }

    /// <summary>Draws from this many of the most likely tokens.</summary>
    /// <value>1 or more; 0 and -1 switch it off.</value>
    public int? TopK { get; init; }

    /// <summary>Leaves out tokens less likely than this share of the most likely one.</summary>
    /// <value>0 to 1. Refused by servers that decode speculatively.</value>
    public double? MinP { get; init; }

    /// <summary>Makes tokens less likely the more often the answer has used them.</summary>
    /// <value>-2 to 2.</value>
    public double? FrequencyPenalty { get; init; }

    /// <summary>Makes tokens less likely once the answer has used them.</summary>
    /// <value>-2 to 2.</value>
    public double? PresencePenalty { get; init; }

    /// <summary>Makes tokens less likely once the prompt or the answer has used them.</summary>
    /// <value>Above 0; 1 is neutral, more discourages repetition.</value>
    public double? RepetitionPenalty { get; init; }

    /// <summary>
    /// Ends an answer that goes round in circles, with finish reason <c>repetition</c> (vLLM 0.17 and later).
    /// </summary>
    public RepetitionDetection? RepetitionDetection { get; init; }

    /// <summary>Makes the draw repeatable.</summary>
    public long? Seed { get; init; }

    /// <summary>
    /// Texts that end the answer; the text itself is not part of it unless <see cref="IncludeStopText"/> says so.
    /// </summary>
    /// <value>
    /// At most 4 since about vLLM 0.28, unless the server allows more. Streamed text lags by the length of the longest
    /// one.
    /// </value>
    public IReadOnlyList<string> Stop { get; init => field = ValueList<string>.Of(value); } = ValueList<string>.Empty;

    /// <summary>Tokens that end the answer, by their ids.</summary>
    public IReadOnlyList<int> StopTokenIds { get; init => field = ValueList<int>.Of(value); } = ValueList<int>.Empty;

    /// <summary>Whether the text that ended the answer is part of it.</summary>
    public bool? IncludeStopText { get; init; }

    /// <summary>How many tokens have to come before anything may end the answer.</summary>
    /// <value>0 up to <see cref="ChatRequest.MaxTokens"/>.</value>
    public int? MinTokens { get; init; }

    /// <summary>Whether to go on generating after the model's end token, which is of use for load tests.</summary>
    public bool? IgnoreEndToken { get; init; }

    /// <summary>What to add to the score of single tokens, by token id.</summary>
    /// <value>-100 to 100 each. Refused by servers that decode speculatively.</value>
    public IReadOnlyDictionary<int, double>? LogitBias { get => _logitBias.Map; init => _logitBias = new(value); }

    /// <summary>The only tokens that may be drawn, by their ids (vLLM 0.8 and later).</summary>
    public IReadOnlyList<int> AllowedTokenIds { get; init => field = ValueList<int>.Of(value); } = ValueList<int>.Empty;

    /// <summary>Words that must not be written (vLLM 0.9.2 and later).</summary>
    public IReadOnlyList<string> BadWords { get; init => field = ValueList<string>.Of(value); } = ValueList<string>.Empty;

    /// <summary>
    /// Whether to search with beams; <see cref="ChatRequest.ChoiceCount"/> is their number, and a stream comes all at once
    /// at the end.
    /// </summary>
    public bool? BeamSearch { get; init; }

    /// <summary>How beam search weighs length.</summary>
    /// <value>1 is neutral.</value>
    public double? LengthPenalty { get; init; }

    /// <summary>Whether special tokens are left out of the text. Several tool parsers set it themselves.</summary>
    public bool? SkipSpecialTokens { get; init; }

    /// <summary>Whether special tokens that are not left out are set apart by spaces.</summary>
    public bool? SpacesBetweenSpecialTokens { get; init; }

    /// <summary>Whether the text is marked as generated, on servers set up for it (vLLM 0.32).</summary>
    public bool? Watermarking { get; init; }
}

/// <summary>When an answer counts as going round in circles.</summary>
public sealed record RepetitionDetection
{
    /// <summary>The longest pattern to look for, in tokens.</summary>
    public int? MaxPatternSize { get; init; }

    /// <summary>The shortest pattern to look for, in tokens.</summary>
    public int? MinPatternSize { get; init; }

    /// <summary>How often in a row a pattern has to come.</summary>
    public int? MinCount { get; init; }
}
