using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Writes out what a scripted model says, in the markup that the request's tool choice makes it use.</summary>
internal sealed class ModelOutput
{
    private readonly ImmutableArray<ModelToken>.Builder _tokens = ImmutableArray.CreateBuilder<ModelToken>();
    private readonly List<ScriptStep> _before = [];
    private readonly FakeCall _call;
    private readonly string? _markup;

    // Newer servers let the model write a forced call like any other; older ones constrain it to bare JSON.
    private ModelOutput(FakeCall call, VllmProfile profile)
    {
        _call = call;
        _markup = profile.StreamsForcedCallsAsOthers && call.IsForced ? "auto" : call.ToolChoice;
    }

    /// <summary>The tokens, and what happens on the server after the last of them.</summary>
    public static (ImmutableArray<ModelToken> Tokens, ImmutableArray<ScriptStep> After) Of(ScriptedReply script, FakeCall call, VllmProfile profile)
    {
        var output = new ModelOutput(call, profile);
        bool reasons = false;
        foreach (ScriptStep step in script.Steps)
        {
            bool writes = step is ScriptStep.ReasoningPart or ScriptStep.Say or ScriptStep.CallPart;
            if (writes && reasons != (step is ScriptStep.ReasoningPart))
            {
                reasons = !reasons;
                output.Write(reasons ? "<think>" : "</think>", ModelPart.Marker, whole: true);
            }

            switch (step)
            {
                case ScriptStep.ReasoningPart reasoning:
                    output.Write(reasoning.Text, ModelPart.Reasoning);
                    break;
                case ScriptStep.Say say when !call.IsForced:
                    output.Write(say.Text, ModelPart.Text);
                    break;
                case ScriptStep.Pause or ScriptStep.Gate or ScriptStep.Comment:
                    output._before.Add(step);
                    break;
            }
        }

        (string Name, string Arguments)[] calls = CallsOf(script, call);
        for (int i = 0; i < calls.Length; i++)
            output.WriteCall(i, calls[i].Name, calls[i].Arguments, isLast: i == calls.Length - 1);
        return (output._tokens.ToImmutable(), [.. output._before]);
    }

    /// <summary>The calls of the script; where the request forces one and the script has none, the smallest that the tool allows.</summary>
    private static (string Name, string Arguments)[] CallsOf(ScriptedReply script, FakeCall call)
    {
        (string Name, string Arguments)[] scripted = [.. script.Steps.OfType<ScriptStep.CallPart>()
            .GroupBy(part => part.Index)
            .Select(parts => (
                parts.Select(part => part.Name).FirstOrDefault(name => name is not null) ?? "",
                string.Concat(parts.Select(part => part.Arguments)) is { Length: > 0 } arguments ? arguments : "{}"))];
        if (scripted.Length == 0 && call.IsForced)
            scripted = [SmallestCall(call)];

        // A named choice constrains the model to the arguments of one call of that tool.
        return call.NamedTool is { } named ? [(named, scripted[0].Arguments)] : scripted;
    }

    private static (string Name, string Arguments) SmallestCall(FakeCall call)
    {
        JsonNode? tool = call.Tools.Select(tool => tool.At("function"))
            .FirstOrDefault(tool => call.NamedTool is null || tool.At("name").Text() == call.NamedTool);
        JsonNode? parameters = tool.At("parameters");
        var arguments = new JsonObject();
        foreach (string required in parameters.At("required").Items().Select(LooseJson.Text).OfType<string>())
            arguments[required] = SmallestValue(parameters.At("properties", required));
        return (tool.At("name").Text() ?? "", arguments.ToJsonString());
    }

    private static JsonNode? SmallestValue(JsonNode? schema) => schema.At("enum") is JsonArray { Count: > 0 } choices
        ? choices[0]?.DeepClone()
        : schema.At("type").Text() switch
        {
            "integer" or "number" => 1,
            "boolean" => true,
            "array" => new JsonArray(),
            "object" => new JsonObject(),
            "null" => null,
            _ => "x",
        };

    private void WriteCall(int index, string name, string arguments, bool isLast)
    {
        string quoted = JsonSerializer.Serialize(name);
        switch (_markup)
        {
            case null:
                Write(arguments, ModelPart.Arguments, index);
                break;
            case "required":
                Write(index == 0 ? "[{\"name\": " : "{\"name\": ", ModelPart.CallOpening, index);
                Write(quoted, ModelPart.CallName, index, whole: true);
                Write(", \"parameters\": ", ModelPart.CallOpening, index);
                Write(arguments, ModelPart.Arguments, index);
                Write(isLast ? "}]" : "}, ", ModelPart.CallClosing, index);
                break;
            default:
                // Without tools, or with tool_choice "none", the markup is text like any other.
                bool parsed = _markup == "auto" && _call.Tools.Count > 0;
                Write("<tool_call>\n{\"name\": ", parsed ? ModelPart.CallOpening : ModelPart.Text, index);
                Write(quoted, parsed ? ModelPart.CallName : ModelPart.Text, index, whole: true);
                Write(", \"arguments\": ", parsed ? ModelPart.CallOpening : ModelPart.Text, index);
                Write(arguments, parsed ? ModelPart.Arguments : ModelPart.Text, index);
                Write("}\n</tool_call>", parsed ? ModelPart.CallClosing : ModelPart.Text, index);
                break;
        }
    }

    private void Write(string text, ModelPart part, int call = 0, bool whole = false)
    {
        foreach (string token in whole ? [text] : Tokenizer.Split(text))
        {
            _tokens.Add(new ModelToken(token, part, call, [.. _before]));
            _before.Clear();
        }
    }
}
