using System.Text;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Gathers what was handed out: the texts for the answer, and the tool calls for the judge.</summary>
internal sealed class Gathering
{
    // What one string can hold: no answer is longer, whatever limits are set.
    private const long MostCharacters = 0x3FFFFFDF;

    private readonly ChoiceMap<GatheredChoice> _choices = new(static index => new GatheredChoice(index));
    private long _characters;

    /// <summary>The fields of the reply without a property; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; private set; }

    /// <summary>Takes over fields of the reply; of a name that comes again, the last counts.</summary>
    public void Add(IReadOnlyDictionary<string, JsonElement>? extra) => Extra = ExtraFields.Join(Extra, extra);

    /// <returns>False if there is no room for the piece; it is not added then.</returns>
    public bool TryAdd(ChatChunk chunk)
    {
        GatheredChoice choice = _choices.At(chunk.ChoiceIndex);
        _characters += chunk.Text.Length + chunk.Reasoning.Length + chunk.Refusal.Length;
        if (chunk.OnlyCall is { } one)
            _characters += one.Arguments.Length;
        else if (chunk.HasToolCalls)
            _characters += chunk.ToolCallDeltas.Sum(static delta => (long)delta.Arguments.Length);

        if (_characters > MostCharacters)
            return false;

        choice.Add(chunk);
        return true;
    }

    /// <summary>Puts the assembled calls into the evidence, once, before it is judged, and what looks like a call that was not parsed.</summary>
    public void AssembleInto(StreamEvidence evidence, IReadOnlyList<ToolSignature> tools)
    {
        foreach (GatheredChoice choice in _choices.Values)
        {
            ChoiceEvidence seen = evidence.ChoiceAt(choice.Index);
            if (choice.Calls is { } calls)
                seen.Assemble(calls.Assemble());
            else if (tools.Count > 0)
                seen.FindMarkup(CallMarkup.Find(choice.Text.ToString(), tools) ?? CallMarkup.Find(choice.Reasoning, tools));
        }
    }

    /// <param name="reasoningName">The name under which reasoning came, and has to go back.</param>
    public IReadOnlyList<ChatChoice> Complete(string? reasoningName = null)
    {
        ReadOnlySpan<GatheredChoice> gathered = _choices.Values;
        if (gathered.Length == 0)
            return [];

        var choices = new ChatChoice[gathered.Length];
        for (int i = 0; i < choices.Length; i++)
            choices[i] = gathered[i].Complete(reasoningName);

        if (choices.Length > 1)
            Array.Sort(choices, static (one, other) => one.Index.CompareTo(other.Index));

        return Array.AsReadOnly(choices);
    }

    private sealed class GatheredChoice(int index)
    {
        private StringBuilder? _reasoning;
        private StringBuilder? _refusal;
        private List<TokenLogprob>? _logprobs;
        private List<int>? _tokenIds;
        private IReadOnlyList<int>? _promptTokenIds;
        private IReadOnlyDictionary<string, JsonElement>? _extra;

        public int Index { get; } = index;

        public StringBuilder Text { get; } = new();

        public string Reasoning => _reasoning?.ToString() ?? "";

        public ToolCallAssembler? Calls { get; private set; }

        public void Add(ChatChunk chunk)
        {
            Text.Append(chunk.Text);
            if (chunk.Reasoning.Length > 0)
                (_reasoning ??= new StringBuilder()).Append(chunk.Reasoning);

            if (chunk.Refusal.Length > 0)
                (_refusal ??= new StringBuilder()).Append(chunk.Refusal);

            if (chunk.Logprobs is { } logprobs)
                (_logprobs ??= []).AddRange(logprobs);

            if (chunk.TokenIds is { } tokenIds)
                (_tokenIds ??= []).AddRange(tokenIds);

            _promptTokenIds ??= chunk.PromptTokenIds;
            _extra = ExtraFields.Join(_extra, chunk.ChoiceExtra);

            if (chunk.HasToolCalls)
                (Calls ??= new ToolCallAssembler()).Add(chunk);
        }

        public ChatChoice Complete(string? reasoningName) => new()
        {
            Index = Index,
            Text = Text.ToString(),
            Reasoning = Reasoning,
            Refusal = _refusal?.ToString() ?? "",
            ReasoningName = _reasoning is not null ? reasoningName : null,
            Logprobs = _logprobs,
            TokenIds = _tokenIds,
            PromptTokenIds = _promptTokenIds,
            Extra = _extra,
        };
    }
}
