using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Streams what the model wrote as the server's version would: as a literal script.</summary>
internal sealed class ModelStream(ScriptedReply script, FakeCall call, VllmProfile profile)
{
    private readonly ModelTurn _turn = ModelTurn.Of(script, call, profile);
    private readonly ImmutableArray<ScriptStep>.Builder _steps = ImmutableArray.CreateBuilder<ScriptStep>();

    public ScriptedReply ToLiteral()
    {
        // All choices say the same, token by token in turn.
        ModelVoice[] voices = [.. Enumerable.Range(0, call.Choices).Select(choice => new ModelVoice(choice, call, profile))];
        for (int i = 0; i < _turn.Tokens.Length; i++)
        {
            _steps.AddRange(_turn.Tokens[i].Before);
            if (i == 0)
                OpenChoices();
            bool isLast = i == _turn.Tokens.Length - 1 && _turn.EndsWithLastToken;
            foreach (ModelVoice voice in voices)
                Add(voice.Hear(_turn.Tokens[i], isLast), i + 1);
        }

        _steps.AddRange(_turn.After);
        if (EndsInItsOwnWay())
            return Literal();
        if (_turn.Tokens.IsEmpty)
            OpenChoices();
        Finish(voices);
        return Literal();
    }

    // Of several choices of plain completions 0.8.5 counts one token too few each.
    private int Uncounted => call is { Shape: FakeShape.Text, Choices: > 1 } && profile.HasFlatErrors ? 1 : 0;

    private ScriptedReply Literal() => script with
    {
        IsModel = false,
        Steps = _steps.ToImmutable(),
        CountsFrom = call.CountsEveryChunk ? call.PromptTokens : null,
        Ending = _turn.EndedByItself ? script.Ending : null,
    };

    // The first token opens the choices, also when no delta comes of it.
    private void OpenChoices() => _steps.AddRange(Enumerable.Range(0, call.Choices).Select(choice => new ScriptStep.Role(choice)));

    // A fault that the script asks for happens when the model is through; max tokens or a stop string come first.
    private bool EndsInItsOwnWay()
    {
        if (!_turn.EndedByItself)
            return false;
        if (script.Steps.OfType<ScriptStep.Failure>().FirstOrDefault() is not { } failure)
            return script.Ending is not null;

        // vLLM sends the sentinel after an error too (#57082).
        _steps.Add(failure);
        _steps.Add(new ScriptStep.Done());
        return true;
    }

    private void Finish(ModelVoice[] voices)
    {
        string? scripted = _turn.EndedByItself ? script.Steps.OfType<ScriptStep.Finish>().FirstOrDefault()?.Reason : null;
        foreach (ModelVoice voice in voices)
        {
            JsonNode? stop = _turn.StopReason;
            if ((scripted ?? voice.Reason(_turn.Reason)) is { } reason)
                _steps.Add(new ScriptStep.Counted(new ScriptStep.Finish(voice.Choice, reason, stop, voice.Last), _turn.Completion));
            else if (voice.Last is not null)
                Add([voice.Last], _turn.Completion);
        }

        if (call.IncludesUsage)
            _steps.Add(new ScriptStep.Usage(call.PromptTokens, (_turn.Completion - Uncounted) * call.Choices, ModelWhole.ReasoningTokens(_turn, profile)));
        _steps.Add(new ScriptStep.Done());
    }

    private void Add(IEnumerable<ScriptStep> deltas, int completion) =>
        _steps.AddRange(deltas.Select(delta => new ScriptStep.Counted(delta, completion)));
}
