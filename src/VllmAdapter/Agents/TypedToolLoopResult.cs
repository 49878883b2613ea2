using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter.Agents;

/// <summary>How a run of a <see cref="ToolLoop"/> ended whose answer has a type.</summary>
/// <typeparam name="T">The type of the answer.</typeparam>
public sealed record ToolLoopResult<T>
{
    private readonly T? _value;

    private ToolLoopResult(ToolLoopResult run, T? value, bool hasValue, Exception? failure) =>
        (Run, _value, HasValue, Failure) = (run, value, hasValue, failure);

    /// <summary>How the run ended, and all that came of it.</summary>
    public ToolLoopResult Run { get; }

    /// <summary>Whether there is an answer that fits the type.</summary>
    public bool HasValue { get; }

    /// <summary>The answer.</summary>
    /// <exception cref="InvalidOperationException">There is none: the message says how the run ended. Look at <see cref="HasValue"/> first.</exception>
    public T Value => HasValue ? _value! : throw new InvalidOperationException($"There is no answer. {Explain()}", Failure);

    /// <summary>Why there is no value: a <see cref="JsonException"/> if the answer does not fit the type, otherwise <see cref="ToolLoopResult.Failure"/> of the run.</summary>
    public Exception? Failure { get; }

    /// <summary>How the run ended, in plain sentences, and why the answer cannot be read.</summary>
    public string Explain() => Failure is JsonException misfit && Run.Verdict == ToolLoopVerdict.Answered ? $"{Run.Explain()} {misfit.Message}" : Run.Explain();

    /// <inheritdoc/>
    public override string ToString() => Explain();

    internal static ToolLoopResult<T> Of(ToolLoopResult run, JsonTypeInfo<T> type)
    {
        if (run.Verdict != ToolLoopVerdict.Answered)
            return new ToolLoopResult<T>(run, default, hasValue: false, run.Failure);

        JsonException? misfit = TypedAnswer.Misfit(run.Text, type, out T? value);
        return new ToolLoopResult<T>(run, value, hasValue: misfit is null, misfit);
    }
}
