using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Turns a literal script into the events of <c>/v1/responses</c>. <c>Done</c> is the terminal event, which the route has in the place of a sentinel.</summary>
internal sealed class ResponseRendering(ScriptedReply script, FakeCall call, VllmProfile profile)
{
    private readonly EventWriter _events = new(script, profile);
    private readonly ResponseWriter _response = new(call, profile);
    private readonly StringBuilder _said = new();
    private ScriptStep? _item;
    private (string? Id, string? Name, int? Index) _call;
    private string _itemId = "";
    private string? _reason;
    private FakeTokens? _usage;
    private int _outputIndex = -1;
    private int _sequence;

    public ImmutableArray<WireStep> Render()
    {
        Event("response.created", new() { ["response"] = _response.Begun() });
        Event("response.in_progress", new() { ["response"] = _response.Begun() });
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
                _reason = finish.Reason;
                break;
            case ScriptStep.Usage usage:
                _usage = new FakeTokens(usage.Prompt, usage.Completion, usage.Reasoning);
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
        bool isNew = (_item, step) switch
        {
            (ScriptStep.Say, ScriptStep.Say) or (ScriptStep.ReasoningPart, ScriptStep.ReasoningPart) => false,
            (ScriptStep.CallPart, ScriptStep.CallPart part) => part.Index != _call.Index,
            _ => true,
        };
        if (isNew)
        {
            CloseItem("completed");
            Open(step);
        }

        (string? piece, string kind) = step switch
        {
            ScriptStep.Say say => (say.Text, "output_text"),
            ScriptStep.ReasoningPart reasoning => (reasoning.Text, "reasoning_text"),
            ScriptStep.CallPart part => (part.Arguments, "function_call_arguments"),
            _ => (null, ""),
        };
        if (piece is null)
            return;

        _said.Append(piece);
        Event($"response.{kind}.delta", At(new() { ["delta"] = piece }, isPart: step is not ScriptStep.CallPart));
    }

    private void Open(ScriptStep step)
    {
        _item = step;
        _outputIndex++;
        if (step is ScriptStep.CallPart part)
            _call = (part.Id, part.Name, part.Index);

        JsonObject item = Item("in_progress");
        _itemId = item["id"]!.GetValue<string>();
        Event("response.output_item.added", new() { ["item"] = item, ["output_index"] = _outputIndex });
        if (step is ScriptStep.Say)
            Event("response.content_part.added", At(new() { ["part"] = ResponseWriter.Part("") }, isPart: true));
    }

    private void CloseItem(string status)
    {
        if (_item is null)
            return;

        string said = _said.ToString();
        switch (_item)
        {
            case ScriptStep.Say:
                Event("response.output_text.done", At(new() { ["logprobs"] = new JsonArray(), ["text"] = said }, isPart: true));
                Event("response.content_part.done", At(new() { ["part"] = ResponseWriter.Part(said) }, isPart: true));
                break;
            case ScriptStep.ReasoningPart:
                Event("response.reasoning_text.done", At(new() { ["text"] = said }, isPart: true));
                break;
            default:
                Event("response.function_call_arguments.done", At(new() { ["arguments"] = said, ["name"] = _call.Name }, isPart: false));
                break;
        }

        JsonObject item = Item(status);
        Event("response.output_item.done", new() { ["item"] = item.DeepClone(), ["output_index"] = _outputIndex });
        _response.Add(item);
        _item = null;
        _said.Clear();
    }

    // 0.20.2 leaves a call open that was cut, and calls its markup the output.
    private void End()
    {
        bool isCut = _reason == "length";
        if (isCut && _item is ScriptStep.CallPart && !_response.ClosesCutCalls)
        {
            _response.Add(_response.Message($"<tool_call>\n{{\"name\": \"{_call.Name}\"", "completed"));
            _item = null;
        }

        CloseItem(isCut && _response.NamesCuts ? "incomplete" : "completed");
        Event(isCut && _response.NamesCuts ? "response.incomplete" : "response.completed", new() { ["response"] = _response.Ended(_reason, _usage) });
    }

    private JsonObject Item(string status) => _item switch
    {
        ScriptStep.Say => _response.Message(_said.ToString(), status),
        ScriptStep.ReasoningPart => _response.Reasoning(_said.ToString(), status),
        _ => _response.Call(_call.Id, _call.Name, _said.ToString(), status),
    };

    private JsonObject At(JsonObject data, bool isPart)
    {
        if (isPart)
            data["content_index"] = 0;
        data["item_id"] = _itemId;
        data["output_index"] = _outputIndex;
        return data;
    }

    private void Event(string type, JsonObject data)
    {
        data["sequence_number"] = _sequence++;
        data["type"] = type;
        _events.Event(data.ToJsonString(), type);
    }
}
