using System.Globalization;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Writes refusals in the shape of the server's version.</summary>
internal sealed class RefusalWriter(VllmProfile profile)
{
    public WireReply Refuse(ServerFault fault, int status = 400) => ReplyRendering.Error(status, fault, profile);

    public WireReply Refuse(string message, string type = "BadRequestError", string? param = null, int status = 400) =>
        Refuse(new ServerFault(message, type, status, profile.NamesParameters ? param : null), status);

    /// <summary>What names the parameter and its value, in the sentence and beside it, since 0.13.</summary>
    public ServerFault Named(string message, string param, string value) => profile.NamesParameters
        ? new ServerFault($"{message} (parameter={param}, value={value})", "BadRequestError", 400, param)
        : new ServerFault(message, "BadRequestError", 400);

    /// <summary>What fails while a chat template is filled in: 0.11.0 adds the cause, which there is none of.</summary>
    public WireReply Template(string message) => Refuse(profile.Minor == 11 ? $"{message} None" : message);

    /// <summary>What the request model itself objects to, in two fields or more.</summary>
    /// <param name="message">The sentence.</param>
    /// <param name="body">The request.</param>
    /// <param name="param">The parameter that it is told by; null if it is not.</param>
    /// <param name="namedSince">The minor version since which it is.</param>
    public WireReply OfModel(string message, JsonNode body, string? param, int namedSince = 13)
    {
        bool isNamed = param is not null && profile.Minor >= namedSince;
        string sentence = isNamed ? $"{message} (parameter={param})" : message;
        if (profile.ShortensValidation)
            return Refuse(sentence, param: isNamed ? param : null);

        string error = $"{(isNamed ? "VLLMValidationError" : "ValueError")}({Python.Repr(message)})";
        var fault = new FieldFault("value_error", ["body"], $"Value error, {sentence}", body) { Context = $"'error': {error}" };
        return OfFields(1, isNamed ? param : null, fault);
    }

    /// <summary>What the types of the request model do not take.</summary>
    public WireReply OfFields(params FieldFault[] faults) => OfFields(faults.Length, null, faults);

    /// <summary>The same, of a field that may be of many kinds and is none of them: the first objection, and how many there are.</summary>
    public WireReply OfFields(int count, string? param, params FieldFault[] faults)
    {
        string head = $"{count} validation error{(count == 1 ? "" : "s")}:\n  ";
        if (profile.ShortensValidation)
        {
            return Refuse(
                head + string.Join("\n  ", faults.Select(Short)), "Bad Request", string.Join('.', faults[0].Place));
        }

        string[] items = [.. faults.Select(Long)];
        string list = $"[{string.Join(", ", items)}]";
        if (!profile.NamesParameters)
            return Refuse(list, profile.HasFlatErrors ? "BadRequestError" : "Bad Request");

        string where = faults.Length < count
            ? ""
            : $"\n\n  File \"/vllm/entrypoints/openai/chat_completion/api_router.py\", line 40, in create_chat_completion\n    POST /v1/chat/completions {list}";
        return Refuse(head + string.Join("\n  ", items) + where, "Bad Request", param);
    }

    private static string Short(FieldFault fault)
    {
        string input = fault.Input switch
        {
            JsonObject members => $"<dict of {members.Count} items>",
            JsonArray items => $"<list of {items.Count} items>",
            null => "None",
            _ => fault.Input.Text() ?? Python.Repr(fault.Input),
        };
        return $"{{'type': '{fault.Kind}', 'loc': '{string.Join('.', fault.Place)}', 'msg': {Python.Repr(fault.Message)}, 'input': {Python.Repr(input)}{ContextOf(fault)}}}";
    }

    private static string Long(FieldFault fault)
    {
        string[] place = [.. fault.LongPlace ?? fault.Place];
        string location = string.Join(", ", place.Select(part => int.TryParse(part, CultureInfo.InvariantCulture, out _) ? part : $"'{part}'"));
        return $"{{'type': '{fault.Kind}', 'loc': ({location}{(place.Length == 1 ? "," : "")}), 'msg': {Python.Repr(fault.Message)}, 'input': {Python.Repr(fault.Input)}{ContextOf(fault)}}}";
    }

    private static string ContextOf(FieldFault fault) => fault.Context is null ? "" : $", 'ctx': {{{fault.Context}}}";
}

/// <summary>One objection of the request model: its kind, where, the sentence, and what stood there.</summary>
internal sealed record FieldFault(string Kind, IReadOnlyList<string> Place, string Message, JsonNode? Input)
{
    /// <summary>The place as servers before 0.32 tell it, if they tell more.</summary>
    public IReadOnlyList<string>? LongPlace { get; init; }

    public string? Context { get; init; }

    public static FieldFault Missing(JsonNode? input, params string[] place) => new("missing", place, "Field required", input);

    public static FieldFault Literal(JsonNode? input, string expected, params string[] place) =>
        new("literal_error", place, $"Input should be {expected}", input) { Context = $"'expected': {Python.Repr(expected)}" };
}
