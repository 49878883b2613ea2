using System.Collections.Immutable;
using System.Text;

namespace VllmAdapter.Testing;

/// <summary>Writes the events of a scripted stream, and what scripts put among them on every route.</summary>
internal sealed class EventWriter(ScriptedReply script, VllmProfile profile)
{
    private readonly ImmutableArray<WireStep>.Builder _steps = ImmutableArray.CreateBuilder<WireStep>();

    public ImmutableArray<WireStep> Written => _steps.ToImmutable();

    /// <summary>An event, with a line for each line of its data.</summary>
    public void Event(string data, string? type = null)
    {
        string name = type is null ? "" : $"event: {type}{script.LineEnd}";
        Piece(name + string.Concat(data.Split('\n').Select(line => $"data: {line}{script.LineEnd}")) + script.LineEnd);
    }

    /// <summary>The time that the model takes for each piece of output.</summary>
    public void Pace()
    {
        if (script.Pace > TimeSpan.Zero)
            _steps.Add(new WireStep.Pause(script.Pace));
    }

    /// <summary>Writes a step that has nothing to do with what the model says; another one is left out.</summary>
    public void Add(ScriptStep step)
    {
        switch (step)
        {
            case ScriptStep.Failure failure:
                Event(ErrorWriter.Event(failure.Fault ?? profile.EngineDeath, profile));
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

    private void Piece(string text) => _steps.Add(new WireStep.Piece(Encoding.UTF8.GetBytes(text)));
}
