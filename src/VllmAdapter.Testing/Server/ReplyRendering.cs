using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace VllmAdapter.Testing;

/// <summary>Turns a script into what goes over the wire for one request: headers, body and ending.</summary>
internal static class ReplyRendering
{
    /// <summary>The key is checked before anything else: an error of its own shape, without the usual headers.</summary>
    public static WireReply Unauthorized { get; } = Json("""{"error":"Unauthorized"}""", VllmProfile.V0_8, 401);

    public static WireReply Render(ScriptedReply script, FakeCall call, VllmProfile profile)
    {
        if (script.Recorded is { } recorded)
            return recorded;
        if (script.EndsBeforeHeaders)
            return new WireReply(Delay(script), script.Ending ?? WireEnding.Reset);
        if (script.IsPlainHttp)
            return Plain(script, profile);
        return call.Stream && !script.IsWhole ? Stream(script, call, profile) : Whole(script, call, profile);
    }

    public static WireReply Plain(ScriptedReply script, VllmProfile profile) =>
        OneBody(script, script.Status, PlainContentType(script), PlainBody(script, profile), profile);

    public static WireReply Json(string body, VllmProfile profile, int status = 200) =>
        OneBody(Script.Empty, status, "application/json", Encoding.UTF8.GetBytes(body), profile);

    public static WireReply Text(string body, string? contentType, VllmProfile profile) =>
        OneBody(Script.Empty, 200, contentType, Encoding.UTF8.GetBytes(body), profile);

    public static WireReply Nothing(int status, VllmProfile profile) => OneBody(Script.Empty, status, null, [], profile);

    public static WireReply Error(int status, ServerFault fault, VllmProfile profile) => Json(ErrorWriter.Body(fault, profile), profile, status);

    private static WireReply Stream(ScriptedReply script, FakeCall call, VllmProfile profile)
    {
        ScriptedReply asWritten = script;
        if (script.IsModel)
            script = new ModelStream(script, call, profile).ToLiteral();
        ImmutableArray<WireStep> body = Events(script, call, profile, WriterOf(asWritten, call, profile));
        if (script.IsUnterminated)
            body = PieceShaping.Unterminated(body);
        body = PieceShaping.InPiecesOf(body, script.PieceSizes);

        WireStep head = new WireStep.Head(
            script.Status,
            [.. Headers(script, "text/event-stream; charset=utf-8", profile), new("transfer-encoding", "chunked")]);
        return new WireReply([.. Delay(script), head, new WireStep.Admission(), .. body], script.Ending ?? WireEnding.Complete)
        {
            CompletionTokens = script.Steps.OfType<ScriptStep.Usage>().LastOrDefault()?.Completion
                ?? script.Steps.Count(step => ScriptStep.ChoiceOf(step) is not null),
            IfEnded = pieces => IfEnded(pieces, head, call, profile),
        };
    }

    // The last chunk says "abort", whatever was said before; then usage and the marker, as after any other reason (recorded of 0.32.0).
    private static ImmutableArray<WireStep> IfEnded(int pieces, WireStep head, FakeCall call, VllmProfile profile)
    {
        ScriptedReply end = Script.Finishes("abort").WithoutRole();
        if (call.IncludesUsage)
            end = end.Uses(call.PromptTokens, Math.Max(0, pieces - 1));

        ImmutableArray<WireStep> events = Events(end.Done(), call, profile, WriterOf(end, call, profile));
        return pieces > 0 ? events : [head, .. events];
    }

    private static ImmutableArray<WireStep> Events(ScriptedReply script, FakeCall call, VllmProfile profile, IChunkWriter chunks) => call.Shape switch
    {
        FakeShape.Response => new ResponseRendering(script, call, profile).Render(),
        FakeShape.Message => new MessageRendering(script, call, profile).Render(),
        _ => new StreamRendering(script, call, profile, chunks).Render(),
    };

    private static WireReply Whole(ScriptedReply script, FakeCall call, VllmProfile profile)
    {
        if (script.Steps.OfType<ScriptStep.Failure>().FirstOrDefault() is { } failure)
        {
            ServerFault fault = failure.Fault ?? profile.EngineDeath;
            int status = fault.Code.GetValueKind() == System.Text.Json.JsonValueKind.Number ? fault.Code.GetValue<int>() : 500;
            return call.Shape == FakeShape.Message ? Json(MessageWriter.Error(fault), profile, status) : Error(status, fault, profile);
        }

        WholeReply whole = script.IsModel ? ModelWhole.Of(script, call, profile) : WholeReply.Of(script);
        string body = WriterOf(script, call, profile) switch
        {
            _ when call.Shape == FakeShape.Response => new ResponseWriter(call, profile).Whole(whole),
            _ when call.Shape == FakeShape.Message => new MessageWriter(call, profile).Whole(whole),
            TextChunkWriter text => text.Whole(whole),
            SpeechWriter speech => speech.Whole(script.IsModel ? [[whole.Choices[0].Text ?? ""]] : PiecesOf(script)),
            _ => whole.ToJson(call, profile),
        };
        return OneBody(script, script.Status, "application/json", Encoding.UTF8.GetBytes(body), profile) with
        {
            CompletionTokens = whole.Usage?.Completion ?? 0,
            IfEnded = _ => Json(WholeReply.Of(Script.Finishes("abort").Uses(call.PromptTokens, 0)).ToJson(call, profile), profile).Steps,
        };
    }

    private static IChunkWriter WriterOf(ScriptedReply script, FakeCall call, VllmProfile profile) => call.Shape switch
    {
        FakeShape.Text => new TextChunkWriter(call, profile, echoes: script.IsModel),
        FakeShape.Transcription or FakeShape.Translation => new SpeechWriter(call),
        _ => new ChunkWriter(call, profile),
    };

    // A finish ends a piece of audio.
    private static List<IReadOnlyList<string>> PiecesOf(ScriptedReply script)
    {
        List<IReadOnlyList<string>> pieces = [];
        List<string> piece = [];
        foreach (ScriptStep step in script.Steps)
        {
            if ((step as ScriptStep.Say ?? (step as ScriptStep.Finish)?.Last as ScriptStep.Say) is { } say)
                piece.Add(say.Text);

            if (step is not ScriptStep.Finish)
                continue;
            pieces.Add(piece);
            piece = [];
        }

        if (piece.Count > 0)
            pieces.Add(piece);
        return pieces;
    }

    // The server answers when all is written. A body that does not arrive whole stops half way, with its full length announced.
    private static WireReply OneBody(ScriptedReply script, int status, string? contentType, byte[] body, VllmProfile profile)
    {
        IEnumerable<WireStep> work = script.Steps.Select(WorkOf).OfType<WireStep>();
        if (script.Ending == WireEnding.Silent)
            return new WireReply([.. Delay(script), new WireStep.Admission(), .. work], WireEnding.Silent);

        var length = new KeyValuePair<string, string>("content-length", body.Length.ToString(CultureInfo.InvariantCulture));
        WireStep head = new WireStep.Head(status, [length, .. Headers(script, contentType, profile)]);
        byte[] sent = script.Ending is null ? body : body[..(body.Length / 2)];
        ImmutableArray<WireStep> pieces = sent.Length == 0 ? [] : [new WireStep.Piece(sent)];
        return new WireReply(
            [.. Delay(script), new WireStep.Admission(), .. work, head, .. PieceShaping.InPiecesOf(pieces, script.PieceSizes)],
            script.Ending ?? WireEnding.Complete);
    }

    private static WireStep? WorkOf(ScriptStep step) => step switch
    {
        ScriptStep.Pause pause => new WireStep.Pause(pause.Length),
        ScriptStep.Gate gate => new WireStep.Gate(gate.Opens),
        _ => null,
    };

    private static ImmutableArray<WireStep> Delay(ScriptedReply script) =>
        script.HeaderDelay > TimeSpan.Zero ? [new WireStep.Pause(script.HeaderDelay)] : [];

    private static IEnumerable<KeyValuePair<string, string>> Headers(ScriptedReply script, string? usual, VllmProfile profile)
    {
        string? contentType = script.ContentType ?? usual;
        if (!string.IsNullOrEmpty(contentType))
            yield return new("content-type", contentType);
        if (profile.HasVaryHeader)
            yield return new("vary", "Origin");
        foreach (KeyValuePair<string, string> header in script.ExtraHeaders)
            yield return header;
    }

    private static string? PlainContentType(ScriptedReply script) =>
        script.Steps.OfType<ScriptStep.Failure>().Any() ? "application/json" : null;

    private static byte[] PlainBody(ScriptedReply script, VllmProfile profile) => [.. script.Steps.SelectMany(step => step switch
    {
        ScriptStep.Raw raw => raw.Bytes.ToArray(),
        ScriptStep.Failure { Fault: { } fault } => Encoding.UTF8.GetBytes(ErrorWriter.Body(fault, profile)),
        _ => [],
    })];
}
