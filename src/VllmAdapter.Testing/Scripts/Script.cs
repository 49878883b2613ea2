using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Starts a script of what the server does for one request; <see cref="ScriptedReply"/> continues it.</summary>
public static class Script
{
    /// <summary>Nothing yet: 200, an event stream, and its end.</summary>
    public static ScriptedReply Empty { get; } = new();

    /// <summary>
    /// What follows is what the model writes, and the server does the rest as vLLM does: it counts tokens, honours the request's max tokens, stop strings,
    /// number of choices and usage options, declares how it ended, and closes the stream.
    /// </summary>
    /// <remarks>
    /// An ending of your own (<see cref="ScriptedReply.Fails()"/>, <see cref="ScriptedReply.Cuts"/> ...) takes the place of the server's. All choices
    /// of a request say the same, and log probabilities, if it asks for them, are those of a model that is certain of every token.
    /// </remarks>
    public static ScriptedReply Model { get; } = new() { IsModel = true };

    /// <inheritdoc cref="ScriptedReply.Says"/>
    public static ScriptedReply Says(params string[] pieces) => Empty.Says(pieces);

    /// <inheritdoc cref="ScriptedReply.Reasons"/>
    public static ScriptedReply Reasons(params string[] pieces) => Empty.Reasons(pieces);

    /// <inheritdoc cref="ScriptedReply.Calls"/>
    public static ScriptedReply Calls(string name, params string[] argumentFragments) => Empty.Calls(name, argumentFragments);

    /// <inheritdoc cref="ScriptedReply.CallsAs"/>
    public static ScriptedReply CallsAs(string? id, string name, params string[] argumentFragments) =>
        Empty.CallsAs(id, name, argumentFragments);

    /// <inheritdoc cref="ScriptedReply.CallDelta"/>
    public static ScriptedReply CallDelta(int? index, string? id = null, string? name = null, string? arguments = null) =>
        Empty.CallDelta(index, id, name, arguments);

    /// <inheritdoc cref="ScriptedReply.Choice"/>
    public static ScriptedReply Choice(int index) => Empty.Choice(index);

    /// <inheritdoc cref="ScriptedReply.Finishes"/>
    public static ScriptedReply Finishes(string? reason, string? saying = null, string? arguments = null, JsonNode? stopReason = null) =>
        Empty.Finishes(reason, saying, arguments, stopReason);

    /// <inheritdoc cref="ScriptedReply.Uses"/>
    public static ScriptedReply Uses(int prompt, int completion, int? reasoning = null) => Empty.Uses(prompt, completion, reasoning);

    /// <inheritdoc cref="ScriptedReply.Fails()"/>
    public static ScriptedReply Fails() => Empty.Fails();

    /// <inheritdoc cref="ScriptedReply.Fails(string, int, string)"/>
    public static ScriptedReply Fails(string message, int code = 500, string type = "InternalServerError") =>
        Empty.Fails(message, code, type);

    /// <inheritdoc cref="ScriptedReply.Done"/>
    public static ScriptedReply Done() => Empty.Done();

    /// <inheritdoc cref="ScriptedReply.Event"/>
    public static ScriptedReply Event(string data) => Empty.Event(data);

    /// <inheritdoc cref="ScriptedReply.KeepsAlive"/>
    public static ScriptedReply KeepsAlive(string comment = "keep-alive") => Empty.KeepsAlive(comment);

    /// <inheritdoc cref="ScriptedReply.Sends(string)"/>
    public static ScriptedReply Sends(string text) => Empty.Sends(text);

    /// <inheritdoc cref="ScriptedReply.Sends(ReadOnlyMemory{byte})"/>
    public static ScriptedReply Sends(ReadOnlyMemory<byte> bytes) => Empty.Sends(bytes);

    /// <inheritdoc cref="ScriptedReply.Pauses"/>
    public static ScriptedReply Pauses(TimeSpan length) => Empty.Pauses(length);

    /// <inheritdoc cref="ScriptedReply.WaitsFor"/>
    public static ScriptedReply WaitsFor(Task opens) => Empty.WaitsFor(opens);

    /// <inheritdoc cref="ScriptedReply.Cuts"/>
    public static ScriptedReply Cuts() => Empty.Cuts();

    /// <inheritdoc cref="ScriptedReply.Resets"/>
    public static ScriptedReply Resets() => Empty.Resets();

    /// <inheritdoc cref="ScriptedReply.GoesSilent"/>
    public static ScriptedReply GoesSilent() => Empty.GoesSilent();

    /// <summary>A plain HTTP reply with a status and a body, as a gateway gives it: HTML, plain text, anything, or nothing at all.</summary>
    /// <param name="status">The status code.</param>
    /// <param name="body">The body.</param>
    /// <param name="contentType">Its type; null sends none.</param>
    public static ScriptedReply Replies(int status, string body = "", string? contentType = null) =>
        (Empty with { IsPlainHttp = true }).WithStatus(status).WithContentType(contentType).Sends(Encoding.UTF8.GetBytes(body));

    /// <summary>A refusal in the error shape of the server's version.</summary>
    /// <param name="status">The status code, which the body repeats.</param>
    /// <param name="message">The server's sentence.</param>
    /// <param name="type">The kind of error, as the server names it.</param>
    /// <param name="param">The request field at fault, which vLLM names since 0.13.</param>
    public static ScriptedReply Refuses(int status, string message, string type = "BadRequestError", string? param = null) =>
        (Empty with { IsPlainHttp = true }).WithStatus(status)
            .Then(new ScriptStep.Failure(new ServerFault(message, type, status, param)));

    /// <summary>A recorded exchange served again: status, headers, pieces and ending.</summary>
    /// <param name="exchange">What was recorded.</param>
    /// <param name="atRecordedSpeed">Every piece at its recorded time on the server's clock; otherwise all at once.</param>
    public static ScriptedReply Replays(RecordedExchange exchange, bool atRecordedSpeed = false)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return Empty with { Recorded = RecordedReply.Of(exchange.Response, atRecordedSpeed) };
    }
}
