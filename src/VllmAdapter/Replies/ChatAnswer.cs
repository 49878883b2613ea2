using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter;

/// <summary>An answer, gathered: what was received, and how it ended.</summary>
public sealed record ChatAnswer
{
    /// <summary>The text of choice 0.</summary>
    public string Text => FirstChoice?.Text ?? "";

    /// <summary>The reasoning of choice 0.</summary>
    public string Reasoning => FirstChoice?.Reasoning ?? "";

    /// <summary>What choice 0 says in place of an answer that the model declines to give; empty if it did not decline.</summary>
    public string Refusal => FirstChoice?.Refusal ?? "";

    /// <summary>What was received of each choice, by index.</summary>
    public IReadOnlyList<ChatChoice> Choices { get; init; } = [];

    /// <summary>The tool calls that may be run; the others are in <see cref="StreamOutcome.WithheldToolCalls"/>.</summary>
    public IReadOnlyList<ToolCall> ToolCalls => Outcome.ToolCalls;

    /// <summary>Log probabilities of choice 0, token by token; null if none were asked for.</summary>
    public IReadOnlyList<TokenLogprob>? Logprobs => FirstChoice?.Logprobs;

    /// <summary>The server's word on why choice 0 ended, or null if it declared none.</summary>
    public FinishReason? FinishReason => Outcome.FinishReason;

    /// <summary>The tokens counted by the server, or null if it sent none.</summary>
    public TokenUsage? Usage => Outcome.Usage;

    /// <summary>
    /// Fields of the server's reply that the library has no property for and that are not null, by name, such as <c>kv_transfer_params</c> or
    /// <c>prompt_logprobs</c>; null if there are none. Of a name that several chunks carried, the last.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }

    /// <summary>How the answer ended.</summary>
    public required StreamOutcome Outcome { get; init; }

    /// <summary>The server's id of the reply.</summary>
    public string? Id => Outcome.Evidence.ResponseId;

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model => Outcome.Evidence.Model;

    /// <summary>The outcome with what was received, also where it was made by hand.</summary>
    internal StreamOutcome OutcomeWithText => Outcome with { Received = Choices };

    private string WhatToDo =>
        Outcome.Notes.FirstOrDefault(note => note.Kind == OutcomeNoteKind.OutputNotAsAsked).Text
        ?? (Outcome.Evidence.Request.Format is { } format
            ? $"{format.Field} asked for another shape, or the type does not fit it."
            : "Ask for it with ChatRequest.Output.");

    private ChatChoice? FirstChoice
    {
        get
        {
            foreach (ChatChoice choice in Choices)
            {
                if (choice.Index == 0)
                    return choice;
            }

            return null;
        }
    }

    /// <summary>An answer of a few words that is <see cref="StreamVerdict.Completed"/>, as a server declares it, but without a count of tokens: for tests.</summary>
    /// <param name="text">The text of choice 0.</param>
    /// <remarks>Anything else by <c>with</c>, or by <see cref="OutcomeJudge"/> from evidence.</remarks>
    public static ChatAnswer Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var evidence = new StreamEvidence { Chunks = 1, Events = 2, SentinelSeen = true, SentinelText = "[DONE]", BodyEnd = BodyEnd.InOrder };
        evidence.ChoiceAt(0).Observe(new ChatChunk { Text = text, FinishReason = VllmAdapter.FinishReason.Stop }, Secrets.None);
        ChatChoice[] choices = [new ChatChoice { Text = text }];
        return new ChatAnswer { Outcome = OutcomeJudge.Decide(evidence, TerminationCause.Sentinel, choices), Choices = choices };
    }

    /// <summary>Reads the text of choice 0, JSON as <see cref="ChatRequest.Output"/> asked for it, into a type. Half an answer is never read.</summary>
    /// <param name="type">The type's metadata, from a source-generated context.</param>
    /// <typeparam name="T">The type of the answer.</typeparam>
    /// <exception cref="IncompleteStreamException">The answer is cut, or did not end the way an answer ends; see <see cref="StreamOutcome.EnsureComplete"/>.</exception>
    /// <exception cref="JsonException">The text does not fit the type.</exception>
    public T TextAs<T>(JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        Outcome.EnsureComplete();
        try
        {
            return JsonSerializer.Deserialize(Text, type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException misfit)
        {
            throw new JsonException($"The answer cannot be read as {typeof(T).Name}: {misfit.Message} {WhatToDo}", misfit);
        }
    }

    /// <summary>Reads the text of choice 0 into a type, whose members are found by reflection. Half an answer is never read.</summary>
    /// <param name="serializer">How to read; by default in camel case, enums by name.</param>
    /// <typeparam name="T">The type of the answer.</typeparam>
    /// <exception cref="IncompleteStreamException">The answer is cut, or did not end the way an answer ends; see <see cref="StreamOutcome.EnsureComplete"/>.</exception>
    /// <exception cref="JsonException">The text does not fit the type.</exception>
    [RequiresUnreferencedCode(ReflectedJson.UsesReflection)]
    [RequiresDynamicCode(ReflectedJson.UsesReflection)]
    public T TextAs<T>(JsonSerializerOptions? serializer = null) => TextAs(ReflectedJson.TypeOf<T>(serializer));

    /// <summary>The text of choice 0.</summary>
    public override string ToString() => Text;
}

/// <summary>What was received of one choice.</summary>
public sealed record ChatChoice
{
    /// <summary>The choice's index, from 0.</summary>
    public int Index { get; init; }

    /// <summary>The text.</summary>
    public string Text { get; init; } = "";

    /// <summary>The reasoning.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>The field that the reasoning came in, where that is not <c>reasoning</c>: it goes back under the same name.</summary>
    internal string? ReasoningName { get; init; }

    /// <summary>What the model says in place of an answer that it declines to give; empty if it did not decline.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>Log probabilities, if they were asked for.</summary>
    public IReadOnlyList<TokenLogprob>? Logprobs { get; init; }

    /// <summary>The ids of the generated tokens, if they were asked for.</summary>
    public IReadOnlyList<int>? TokenIds { get; init; }

    /// <summary>The ids of the prompt's tokens, if they were asked for: those of a chat are with the first choice.</summary>
    public IReadOnlyList<int>? PromptTokenIds { get; init; }

    /// <summary>Fields of the choice that the library has no property for and that are not null, by name; null if there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }
}
