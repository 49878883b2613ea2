using System.Globalization;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>The shapes in which vLLM and the gateways before it write an error.</summary>
/// <remarks>
/// Nested since vLLM 0.10.1, flat before; flat inside nested in streams up to 0.10.0; a string for 401; "detail" from
/// FastAPI; "type": "error" from the Anthropic endpoint; "error_type" from others.
/// </remarks>
internal static class ServerErrorJson
{
    private static readonly string[] Codes = ["code", "status_code", "statusCode", "status"];

    /// <summary>The error in a document that says it is one; null for a chunk, a reply, and anything else.</summary>
    public static ServerError? ReadDeclared(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        // A chunk of some proxies carries "error": null, and a chunk beside a real error is still an error.
        bool declared =
            Read(root, "error") is not null
            || (root.TryGetProperty("error", out JsonElement error) && SaysSomething(error))
            || Text(root, "object") == "error"
            || Text(root, "type") == "error"
            || Text(root, "error_type") is not null
            || (!root.TryGetProperty("choices", out _) && (Read(root, "detail") is not null || SaysSoInOtherWords(root)));

        return declared ? ReadObject(root) ?? ServerError.Empty : null;
    }

    // {"errors":[...]}, {"success":false,"msg":"..."}, {"message":"...","code":504}. What calls itself anything else is no error, and a
    // message alone may be anything.
    private static bool SaysSoInOtherWords(JsonElement root)
    {
        if (root.TryGetProperty("object", out _) || root.TryGetProperty("usage", out _) || (root.TryGetProperty("data", out JsonElement data) && SaysSomething(data)))
            return false;

        bool hasMessage = Text(root, "message") is not null || Text(root, "msg") is not null;
        return (root.TryGetProperty("errors", out JsonElement errors) && SaysSomething(errors))
            || (root.TryGetProperty("success", out JsonElement success) && success.ValueKind == JsonValueKind.False && hasMessage)
            || (hasMessage && Codes.Any(name => Number(Text(root, name)) is >= 400 and <= 599));
    }

    /// <summary>What any JSON value tells when it is known to stand for an error; null if it tells nothing.</summary>
    public static ServerError? ReadAny(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => ReadObject(value),
        JsonValueKind.Array => ReadList(value),
        JsonValueKind.String => Text(value) is { } text ? new() { Message = text } : null,
        JsonValueKind.Number when value.GetRawText() != "0" => new() { Message = value.GetRawText() },
        JsonValueKind.True => ServerError.Empty,
        _ => null,
    };

    // Whatever words a gateway has for it, unless they are all hollow.
    private static bool SaysSomething(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(field => SaysSomething(field.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(SaysSomething),
        _ => ReadAny(value) is not null,
    };

    private static ServerError? ReadObject(JsonElement value)
    {
        // Outer fields fill what the inner error leaves out: {"error": "text", "error_type": "..."}. Where "error" is a mere title, as
        // in {"statusCode": 500, "error": "Internal Server Error", "message": "..."}, the message says more.
        string? title = Read(value, "message")?.Message is not null ? Text(value, "error") : null;
        ServerError? inner =
            (title is null ? Read(value, "error") : null) ?? Read(value, "message") ?? Read(value, "msg")
            ?? Read(value, "error_message") ?? Read(value, "detail") ?? Read(value, "errors") ?? Html(value, "html-message") ?? Read(value, "title");

        string? code = inner?.Code ?? Codes.Select(name => Text(value, name)).FirstOrDefault(told => told is not null);
        var read = new ServerError
        {
            Message = inner?.Message,
            Type = inner?.Type ?? (Text(value, "type") is not "error" and { } type ? type : Text(value, "error_type") ?? title),
            Parameter = inner?.Parameter ?? Text(value, "param") ?? Location(value),
            Code = code,
            CodeNumber = Number(code),
        };

        return inner is null && read == ServerError.Empty ? null : read;
    }

    private static ServerError? ReadList(JsonElement list)
    {
        ServerError[] all = [.. list.EnumerateArray().Select(ReadAny).OfType<ServerError>()];
        return all switch
        {
            [] => null,
            [var only] => only,
            [var first, ..] => first with
            {
                Message = string.Join("; ", all.Where(e => e.Message is not null)
                    .Select(e => e.Parameter is null ? e.Message : $"{e.Parameter}: {e.Message}")),
            },
        };
    }

    private static ServerError? Read(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement property) ? ReadAny(property) : null;

    // Portkey's gateway puts a page of its own into JSON.
    private static ServerError? Html(JsonElement value, string name) =>
        Text(value, name) is { } html && HtmlText.Read(html) is { } words ? new() { Message = words } : null;

    private static string? Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement property) ? Text(property) : null;

    private static string? Text(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            return value.GetRawText();
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Half of an escaped surrogate pair: keep what the server wrote rather than lose its message.
            return value.GetRawText().Trim('"');
        }
    }

    // FastAPI's {"loc": ["body", "messages"], "msg": "Field required"}.
    private static string? Location(JsonElement value) =>
        value.TryGetProperty("loc", out JsonElement loc) && loc.ValueKind == JsonValueKind.Array
            ? string.Join('.', loc.EnumerateArray().Select(Text).OfType<string>()) is { Length: > 0 } path ? path : null
            : null;

    private static int? Number(string? code) =>
        decimal.TryParse(code, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
        && number == decimal.Truncate(number)
        && number is >= int.MinValue and <= int.MaxValue
            ? (int)number
            : null;
}
