using System.Collections.Immutable;

namespace VllmAdapter.Testing;

/// <summary>Turns a literal script into the events of a stream.</summary>
internal sealed class StreamRendering(ScriptedReply script, FakeCall call, VllmProfile profile, IChunkWriter chunks)
{
    private readonly EventWriter _events = new(script, profile);
    private readonly Dictionary<int, int> _counted = [];
    private readonly Dictionary<int, int> _reasoned = [];

    // A server with a reasoning parser tells the count from the first chunk on, be it zero (0.32.0).
    private readonly bool _reasons = profile.HasFieldsOf032
        && script.Steps.Any(static step => step is ScriptStep.ReasoningPart or ScriptStep.Counted { Delta: ScriptStep.ReasoningPart });

    private bool _opened;

    public ImmutableArray<WireStep> Render()
    {
        foreach (ScriptStep step in script.Steps)
            Add(step);
        return _events.Written;
    }

    private void Add(ScriptStep step)
    {
        switch (step)
        {
            case ScriptStep.Role:
                OpenChoices();
                break;
            case ScriptStep.Counted counted:
                AddDelta(counted.Delta, counted.Completion);
                break;
            case ScriptStep.Say or ScriptStep.ReasoningPart or ScriptStep.CallPart or ScriptStep.Finish:
                AddDelta(step, counted: null);
                break;
            case ScriptStep.Usage usage:
                _events.Event(chunks.Usage(new FakeTokens(usage.Prompt, usage.Completion, usage.Reasoning)));
                break;
            case ScriptStep.Done:
                _events.Event("[DONE]");
                break;
            default:
                _events.Add(step);
                break;
        }
    }

    private void AddDelta(ScriptStep step, int? counted)
    {
        _events.Pace();
        OpenChoices();
        int choice = ScriptStep.ChoiceOf(step) ?? 0;
        _counted[choice] = counted ?? (_counted.GetValueOrDefault(choice) + (step is ScriptStep.Finish { Last: null } ? 0 : 1));
        if (step is ScriptStep.ReasoningPart or ScriptStep.Finish { Last: ScriptStep.ReasoningPart })
            _reasoned[choice] = _reasoned.GetValueOrDefault(choice) + 1;
        _events.Event(chunks.Delta(step, CountOf(choice)));
    }

    // vLLM opens every choice at once, together with the first output of any of them.
    private void OpenChoices()
    {
        if (_opened || !script.HasRoleChunk)
            return;
        _opened = true;
        foreach (int choice in script.Steps.Select(ScriptStep.ChoiceOf).OfType<int>().Distinct().Order())
        {
            if (chunks.Role(choice, CountOf(choice)) is { } opening)
                _events.Event(opening);
        }
    }

    private FakeTokens? CountOf(int choice) => script.CountsFrom is { } prompt
        ? new FakeTokens(call.PromptTokensOf(choice, prompt), _counted.GetValueOrDefault(choice), _reasons ? _reasoned.GetValueOrDefault(choice) : null)
        : null;
}
