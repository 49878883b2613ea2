using System.Text.Json;

namespace VllmAdapter.Testing;

/// <summary>One choice of a stream, as the version's parsers make deltas of its tokens.</summary>
internal sealed class ModelVoice(int choice, FakeCall call, VllmProfile profile)
{
    private readonly HashSet<int> _begun = [];
    private string? _name = call.NamedTool;
    private string _arguments = "";
    private bool _inCall;

    public int Choice => choice;

    /// <summary>The delta that the chunk with the finish reason carries.</summary>
    public ScriptStep? Last { get; private set; }

    // The name comes with the first argument then, and a named tool's last chunk repeats the call with nothing in it.
    private bool JoinsName => call.IsForced && !profile.StreamsForcedCallsAsOthers;

    // The hermes parser of 0.8.5 and 0.11.0 holds the opening brace back, never sends an empty object, and closes what was cut.
    private bool HoldsBrace => profile.ClosesCutCalls && call.ToolChoice == "auto";

    private bool IsTypedAlways => profile.LosesReasons && call.ToolChoice == "required";

    public ScriptStep[] Hear(ModelToken token, bool isLast)
    {
        ScriptStep[] deltas = [.. DeltasOf(token)];
        _inCall |= token.Part == ModelPart.CallOpening;
        if (!isLast || deltas is [])
        {
            Last = JoinsName && call.NamedTool is not null && _begun.Count > 0 ? Part(token.CallIndex, "") : null;
            return deltas;
        }

        Last = deltas[^1] switch
        {
            ScriptStep.CallPart { Arguments: { } fragment } part when HoldsBrace => part with { Arguments = fragment + OpenJson.Closing(_arguments) },
            ScriptStep.CallPart { Arguments: not null } part when profile.NullsLastPiece && !JoinsName =>
                part with { HasNullId = true, HasNullName = true, StandsAlone = true },
            ScriptStep other => other,
        };
        return deltas[..^1];
    }

    /// <summary>The reason that this version declares; null when it declares none.</summary>
    public string? Reason(string engine)
    {
        bool isLength = engine == "length";
        return call.ToolChoice switch
        {
            // A response has a status for it, whatever the parsers made of the call.
            _ when call.Shape == FakeShape.Response => engine,
            "required" when profile.LosesReasons => isLength && _begun.Count > 0 ? "length" : null,
            null when isLength => _begun.Count > 0 && profile.CompletesNamedWith == "tool_calls" ? "tool_calls" : "length",
            null => profile.CompletesNamedWith,
            _ when _begun.Count == 0 => profile.LosesReasons && isLength && _inCall ? null : engine,
            _ when !isLength => "tool_calls",
            _ when profile.LosesReasons && _arguments.Length == 0 => null,
            _ => profile.MasksLength ? "tool_calls" : "length",
        };
    }

    private IEnumerable<ScriptStep> DeltasOf(ModelToken token)
    {
        switch (token.Part)
        {
            case ModelPart.Reasoning when call.ShowsReasoning:
                yield return new ScriptStep.ReasoningPart(choice, token.Text);
                break;
            case ModelPart.Text:
                yield return new ScriptStep.Say(choice, token.Text);
                break;
            case ModelPart.CallName when IsAllowed(token):
                _name = JsonSerializer.Deserialize<string>(token.Text);
                if (!JoinsName)
                    yield return Opening(token.CallIndex, arguments: null);
                break;
            case ModelPart.Arguments when IsAllowed(token):
                if (!JoinsName && !_begun.Contains(token.CallIndex))
                    yield return Opening(token.CallIndex, arguments: null);
                if (ArgumentsOf(token) is { } fragment)
                    yield return _begun.Contains(token.CallIndex) ? Part(token.CallIndex, fragment) : Opening(token.CallIndex, fragment);
                break;
        }
    }

    private string? ArgumentsOf(ModelToken token)
    {
        bool isHeld = HoldsBrace && _arguments == "{";
        _arguments += token.Text;
        if (HoldsBrace && _arguments is "{" or "{}")
            return null;
        return isHeld ? _arguments : token.Text;
    }

    // 0.8.5 gives no ids to the calls that it was told to make.
    private ScriptStep.CallPart Opening(int index, string? arguments)
    {
        _begun.Add(index);
        _arguments = arguments ?? "";
        string? id = profile.LosesReasons && call.IsForced ? null : ModelWhole.IdOf(call, choice, index);
        return new ScriptStep.CallPart(choice, index, id, _name, arguments) { HasTypeAlways = IsTypedAlways, StandsAlone = JoinsName };
    }

    private ScriptStep.CallPart Part(int index, string arguments) =>
        new(choice, index, Id: null, profile.LosesReasons && call.IsForced ? call.NamedTool : null, arguments)
        {
            HasTypeAlways = IsTypedAlways,
            StandsAlone = JoinsName,
            HasNullName = JoinsName && call.ToolChoice == "required",
        };

    private bool IsAllowed(ModelToken token) => call.AllowsParallelCalls || token.CallIndex == 0;
}
