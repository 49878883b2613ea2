using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Turns a literal script into the events of <c>/v1/messages</c>. <c>Done</c> is <c>message_stop</c>, which the route has in the place of a sentinel.</summary>
internal sealed class MessageRendering(ScriptedReply script, FakeCall call, VllmProfile profile)
{
    private readonly ImmutableArray<WireStep>.Builder _steps = ImmutableArray.CreateBuilder<WireStep>();
    private readonly MessageWriter _message = new(call, profile);
    private ScriptStep? _block;
    private ScriptStep.Finish? _finish;
    private FakeTokens? _usage;
    private int _index = -1;

    public ImmutableArray<WireStep> Render()
    {
        Event("message_start", new() { ["message"] = _message.Begun() });
        foreach (ScriptStep step in script.Steps)
            Add(step);

        return _steps.ToImmutable();
    }

    private void Add(ScriptStep step)
    {
        switch (step)
        {
            case ScriptStep.Counted counted:
                Add(counted.Delta);
                break;
            case ScriptStep.Say or ScriptStep.ReasoningPart or ScriptStep.CallPart:
                if (script.Pace > TimeSpan.Zero)
                    _steps.Add(new WireStep.Pause(script.Pace));
                Say(step);
                break;
            case ScriptStep.Finish finish:
                if (finish.Last is { } last)
                    Say(last);
                _finish = finish;
                break;
            case ScriptStep.Usage usage:
                _usage = new FakeTokens(usage.Prompt, usage.Completion, usage.Reasoning);
                break;
            case ScriptStep.Failure failure:
                Piece($"event: error{script.LineEnd}data: {MessageWriter.Error(failure.Fault ?? profile.EngineDeath)}{script.LineEnd}{script.LineEnd}");
                break;
            case ScriptStep.Done:
                End();
                break;
            case ScriptStep.Event raw:
                Piece($"data: {raw.Data}{script.LineEnd}{script.LineEnd}");
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

    private void Say(ScriptStep step)
    {
        bool goesOn = (_block, step) switch
        {
            (ScriptStep.Say, ScriptStep.Say) or (ScriptStep.ReasoningPart, ScriptStep.ReasoningPart) => true,
            (ScriptStep.CallPart open, ScriptStep.CallPart part) => part.Index == open.Index,
            _ => false,
        };
        if (!goesOn)
            Open(step);

        JsonObject? delta = step switch
        {
            ScriptStep.Say say => new() { ["type"] = "text_delta", ["text"] = say.Text },
            ScriptStep.ReasoningPart reasoning => new() { ["type"] = "thinking_delta", ["thinking"] = reasoning.Text },
            ScriptStep.CallPart { Arguments: { Length: > 0 } piece } => new() { ["type"] = "input_json_delta", ["partial_json"] = piece },
            _ => null,
        };
        if (delta is not null)
            Event("content_block_delta", new() { ["delta"] = delta, ["index"] = _index });
    }

    private void Open(ScriptStep step)
    {
        Close();
        (_block, _index) = (step, _index + 1);
        JsonObject block = step switch
        {
            ScriptStep.CallPart part => new() { ["type"] = "tool_use", ["id"] = part.Id, ["name"] = part.Name, ["input"] = new JsonObject() },
            ScriptStep.ReasoningPart => new() { ["type"] = "thinking", ["thinking"] = "" },
            _ => new() { ["type"] = "text", ["text"] = "" },
        };
        Event("content_block_start", new() { ["content_block"] = block, ["index"] = _index });
    }

    private void Close()
    {
        if (_block is not null)
            Event("content_block_stop", new() { ["index"] = _index });

        _block = null;
    }

    private void End()
    {
        Close();
        Event("message_delta", new() { ["delta"] = _message.End(_finish?.Reason, _finish?.StopReason), ["usage"] = _message.Usage(_usage) });
        Event("message_stop", []);
    }

    private void Event(string type, JsonObject data)
    {
        data.Insert(0, "type", type);
        Piece($"event: {type}{script.LineEnd}data: {data.ToJsonString()}{script.LineEnd}{script.LineEnd}");
    }

    private void Piece(string text) => _steps.Add(new WireStep.Piece(Encoding.UTF8.GetBytes(text)));
}
