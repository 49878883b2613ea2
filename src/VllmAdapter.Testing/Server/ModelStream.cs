using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Streams what the model wrote as the server's version would: as a literal script.</summary>
internal sealed class ModelStream(ScriptedReply script, ChatCall call, VllmProfile profile)
{
    private readonly ModelTurn _turn = ModelTurn.Of(script, call);
    private readonly ImmutableArray<ScriptStep>.Builder _steps = ImmutableArray.CreateBuilder<ScriptStep>();

    public ScriptedReply ToLiteral()
    {
        // All choices say the same, token by token in turn.
        Voice[] voices = [.. Enumerable.Range(0, call.Choices).Select(choice => new Voice(choice, call, profile))];
        for (int i = 0; i < _turn.Tokens.Length; i++)
        {
            _steps.AddRange(_turn.Tokens[i].Before);
            bool isLast = i == _turn.Tokens.Length - 1 && !_turn.EndedByItself;
            foreach (Voice voice in voices)
                Add(voice.Hear(_turn.Tokens[i], isLast), i + 1);
        }

        _steps.AddRange(_turn.After);
        if (!EndsInItsOwnWay())
            Finish(voices);
        return script with
        {
            IsModel = false,
            Steps = _steps.ToImmutable(),
            CountsFrom = call.CountsEveryChunk ? call.PromptTokens : null,
            Ending = _turn.EndedByItself ? script.Ending : null,
        };
    }

    // A fault that the script asks for happens when the model is through; a cap or a stop string comes first.
    private bool EndsInItsOwnWay()
    {
        if (!_turn.EndedByItself)
            return false;
        if (script.Steps.OfType<ScriptStep.Failure>().FirstOrDefault() is not { } failure)
            return script.Ending is not null;

        // vLLM sends the marker after an error too (#57082).
        _steps.Add(failure);
        _steps.Add(new ScriptStep.Done());
        return true;
    }

    private void Finish(Voice[] voices)
    {
        string? scripted = _turn.EndedByItself ? script.Steps.OfType<ScriptStep.Finish>().FirstOrDefault()?.Reason : null;
        foreach (Voice voice in voices)
        {
            JsonNode? stop = _turn.StopReason;
            if ((scripted ?? voice.Reason(_turn.Reason)) is { } reason)
                _steps.Add(new ScriptStep.Counted(new ScriptStep.Finish(voice.Choice, reason, stop, voice.Last), _turn.Completion));
            else if (voice.Last is not null)
                Add([voice.Last], _turn.Completion);
        }

        if (call.IncludesUsage)
            _steps.Add(new ScriptStep.Usage(call.PromptTokens, _turn.Completion * call.Choices, ModelWhole.ReasoningTokens(_turn, profile)));
        _steps.Add(new ScriptStep.Done());
    }

    private void Add(IEnumerable<ScriptStep> deltas, int completion) =>
        _steps.AddRange(deltas.Select(delta => new ScriptStep.Counted(delta, completion)));

    /// <summary>One choice, as its parsers make deltas of tokens.</summary>
    private sealed class Voice(int choice, ChatCall call, VllmProfile profile)
    {
        private readonly List<int> _begun = [];
        private string _arguments = "";

        public int Choice => choice;

        /// <summary>The delta that the chunk with the finish reason carries.</summary>
        public ScriptStep? Last { get; private set; }

        public ScriptStep[] Hear(ModelToken token, bool isLast)
        {
            if (DeltaOf(token) is not { } delta)
                return [];
            ScriptStep[] opening = Open(token);
            if (!isLast)
                return [.. opening, .. delta];

            Last = delta is [ScriptStep.CallPart part] && profile.ClosesCutCalls && call.ToolChoice == "auto"
                ? part with { Arguments = part.Arguments + OpenJson.Closing(_arguments) }
                : delta.FirstOrDefault();
            return opening;
        }

        /// <summary>The reason that this version declares; null when it declares none.</summary>
        public string? Reason(string engine)
        {
            bool isLength = engine == "length";
            bool called = _begun.Count > 0;
            return call.ToolChoice switch
            {
                "required" when profile.LosesReasons => null,
                null => isLength && !(called && profile.CompletesNamedWith == "tool_calls") ? "length" : profile.CompletesNamedWith,
                _ when !called => engine,
                _ when !isLength => "tool_calls",
                _ when profile.LosesReasons && _arguments.Length == 0 => null,
                _ => profile.MasksLength ? "tool_calls" : "length",
            };
        }

        private ScriptStep[]? DeltaOf(ModelToken token)
        {
            switch (token.Part)
            {
                case ModelPart.Reasoning:
                    return call.ShowsReasoning ? [new ScriptStep.Think(choice, token.Text)] : null;
                case ModelPart.Text:
                    return [new ScriptStep.Say(choice, token.Text)];
                case ModelPart.CallName when IsAllowed(token):
                    return [];
                case ModelPart.Arguments when IsAllowed(token):
                    return Arguments(token);
                default:
                    return null;
            }
        }

        private ScriptStep[]? Arguments(ModelToken token)
        {
            _arguments = _begun.Contains(token.CallIndex) ? _arguments + token.Text : token.Text;

            // An empty object is never sent by the hermes parser of 0.8.5 and 0.11.0.
            if (profile.ClosesCutCalls && call.ToolChoice == "auto" && _arguments is "{" or "{}")
                return null;
            string arguments = profile.ClosesCutCalls && call.ToolChoice == "auto" && _arguments[..^token.Text.Length] == "{"
                ? _arguments
                : token.Text;
            string? repeatedName = profile.LosesReasons && call.NamedTool is { } named && _begun.Contains(token.CallIndex) ? named : null;
            return [new ScriptStep.CallPart(choice, token.CallIndex, Id: null, repeatedName, arguments)];
        }

        private ScriptStep[] Open(ModelToken token)
        {
            bool opens = token.Part == ModelPart.CallName || (token.Part == ModelPart.Arguments && call.NamedTool is not null);
            if (!opens || _begun.Contains(token.CallIndex))
                return [];
            _begun.Add(token.CallIndex);

            // 0.8.5 gives no ids to the calls that it was told to make.
            string? id = profile.LosesReasons && call.ToolChoice != "auto" ? null : ModelWhole.IdOf(call, choice, token.CallIndex);
            string name = call.NamedTool ?? System.Text.Json.JsonSerializer.Deserialize<string>(token.Text) ?? "";
            return [new ScriptStep.CallPart(choice, token.CallIndex, id, name, Arguments: null)];
        }

        private bool IsAllowed(ModelToken token) => call.AllowsParallelCalls || token.CallIndex == 0;
    }
}
