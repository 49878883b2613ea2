using System.Collections.Immutable;
using System.Text;

namespace VllmAdapter.Testing;

/// <summary>Turns a literal script into the events of a stream.</summary>
internal sealed class StreamRendering(ScriptedReply script, ChatCall call, VllmProfile profile)
{
    private readonly ChunkWriter _chunks = new(call, profile);
    private readonly ImmutableArray<WireStep>.Builder _steps = ImmutableArray.CreateBuilder<WireStep>();
    private readonly Dictionary<int, int> _counted = [];
    private bool _opened;

    public ImmutableArray<WireStep> Render()
    {
        foreach (ScriptStep step in script.Steps)
            Add(step);
        return _steps.ToImmutable();
    }

    private void Add(ScriptStep step)
    {
        switch (step)
        {
            case ScriptStep.Say or ScriptStep.Think or ScriptStep.CallPart or ScriptStep.Finish:
                AddDelta(step);
                break;
            case ScriptStep.Usage usage:
                Event(_chunks.Usage(new Tokens(usage.Prompt, usage.Completion, usage.Reasoning)));
                break;
            case ScriptStep.Failure failure:
                Event(ErrorWriter.Event(failure.Fault ?? profile.EngineDeath, profile));
                break;
            case ScriptStep.Done:
                Event("[DONE]");
                break;
            case ScriptStep.Event raw:
                Event(raw.Data);
                break;
            case ScriptStep.Comment comment:
                Piece($": {comment.Text}{script.LineEnd}{script.LineEnd}");
                break;
            case ScriptStep.Raw raw:
                _steps.Add(new WireStep.Piece(raw.Bytes));
                break;
            case ScriptStep.Pause pause:
                _steps.Add(new WireStep.Pause(pause.Length));
                break;
            case ScriptStep.Gate gate:
                _steps.Add(new WireStep.Gate(gate.Opens));
                break;
        }
    }

    private void AddDelta(ScriptStep step)
    {
        if (script.Pace > TimeSpan.Zero)
            _steps.Add(new WireStep.Pause(script.Pace));
        OpenChoices();
        int choice = ScriptStep.ChoiceOf(step)!.Value;
        bool carriesToken = step is not ScriptStep.Finish { Text: null, Call: null };
        Event(_chunks.Delta(step, Count(choice, carriesToken ? 1 : 0)));
    }

    // vLLM opens every choice at once, together with the first output of any of them.
    private void OpenChoices()
    {
        if (_opened || !script.HasRoleChunk)
            return;
        _opened = true;
        foreach (int choice in script.Steps.Select(ScriptStep.ChoiceOf).OfType<int>().Distinct().Order())
            Event(_chunks.Role(choice, Count(choice, 0)));
    }

    private Tokens? Count(int choice, int tokens)
    {
        if (script.CountsFrom is not { } prompt)
            return null;
        int counted = _counted[choice] = _counted.GetValueOrDefault(choice) + tokens;
        return new Tokens(prompt, counted);
    }

    private void Event(string data) =>
        Piece(string.Concat(data.Split('\n').Select(line => $"data: {line}{script.LineEnd}")) + script.LineEnd);

    private void Piece(string text) => _steps.Add(new WireStep.Piece(Encoding.UTF8.GetBytes(text)));
}
