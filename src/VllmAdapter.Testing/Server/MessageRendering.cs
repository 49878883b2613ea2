using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Turns a literal script into the events of <c>/v1/messages</c>. <c>Done</c> is <c>message_stop</c>, which the route has in the place of a sentinel.</summary>
internal sealed class MessageRendering(ScriptedReply script, FakeCall call, VllmProfile profile)
{
    private readonly EventWriter _events = new(script, profile);
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

        return _events.Written;
    }

    private void Add(ScriptStep step)
    {
        switch (step)
        {
            case ScriptStep.Counted counted:
                Add(counted.Delta);
                break;
            case ScriptStep.Say or ScriptStep.ReasoningPart or ScriptStep.CallPart:
                _events.Pace();
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
                _events.Event(MessageWriter.Error(failure.Fault ?? profile.EngineDeath), "error");
                break;
            case ScriptStep.Done:
                End();
                break;
            default:
                _events.Add(step);
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
        _events.Event(data.ToJsonString(), type);
    }
}
