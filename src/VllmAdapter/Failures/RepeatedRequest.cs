using System.Buffers;
using System.Text;

namespace VllmAdapter;

/// <summary>Parts the server's own words from what it repeats of the request.</summary>
/// <remarks>
/// vLLM's validation errors print the rejected request with all its messages: an error sentence in there was written
/// by the user, and no user's text belongs into the message of an exception.
/// </remarks>
internal static class RepeatedRequest
{
    private const string Finding = "{'type': '";
    private const string InputValue = ", input_value=";
    private const string InputType = ", input_type=";

    private static readonly SearchValues<char> Number = SearchValues.Create("-+.0123456789");

    /// <summary>The words before anything that is repeated.</summary>
    public static string Own(string? message)
    {
        int finding = message?.IndexOf(Finding, StringComparison.Ordinal) ?? -1;
        return WithoutValues(finding < 0 ? message ?? "" : message![..finding].TrimEnd('['));
    }

    /// <summary>The words to quote: a validation error's first finding, or else the server's own.</summary>
    public static string Quote(string? message)
    {
        int finding = message?.IndexOf(Finding, StringComparison.Ordinal) ?? -1;
        return finding >= 0 && FirstFinding(message![finding..]) is { } said ? said : Own(message);
    }

    // pydantic's own text: "Input should be a valid string [type=string_type, input_value='what was sent', input_type=str]".
    private static string WithoutValues(string text)
    {
        text = WithoutParameter(text);
        int at = text.IndexOf(InputValue, StringComparison.Ordinal);
        if (at < 0)
            return text;

        var own = new StringBuilder(text.Length);
        int copied = 0;
        for (; at >= 0; at = text.IndexOf(InputValue, copied, StringComparison.Ordinal))
        {
            own.Append(text, copied, at - copied);
            copied = text.IndexOf(InputType, at, StringComparison.Ordinal) is >= 0 and var end ? end : text.Length;
        }

        return own.Append(text, copied, text.Length - copied).ToString();
    }

    // vLLM's own text since 0.18: "... (parameter=bad_words, value=['what was sent'])". A number tells nothing and may help.
    private static string WithoutParameter(string text)
    {
        const string Parameter = "(parameter=", Value = ", value=";
        int parameter = text.LastIndexOf(Parameter, StringComparison.Ordinal);
        int value = parameter < 0 ? -1 : text.IndexOf(Value, parameter, StringComparison.Ordinal);
        int end = text.LastIndexOf(')');
        return value < 0 || end < value || !text.AsSpan()[(value + Value.Length)..end].ContainsAnyExcept(Number) ? text : text.Remove(value, end - value);
    }

    // A Python dict: {'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required', 'input': ...
    private static string? FirstFinding(string text)
    {
        const string Loc = "'loc': ", Msg = ", 'msg': ";
        int loc = text.IndexOf(Loc, StringComparison.Ordinal);
        int msg = text.IndexOf(Msg, StringComparison.Ordinal);
        if (loc < 0 || msg < loc || PythonString(text.AsSpan(msg + Msg.Length)) is not { } said)
        {
            return null;
        }

        // 0.11.0 writes the path as a tuple, 0.32.0 as one string; "body" alone is the whole request.
        string[] path = text[(loc + Loc.Length)..msg].Split(", ");
        string where = string.Join('.', path.Select(part => part.Trim('(', ')', ',', '\'')));
        return where == "body" ? said : $"{where}: {said}";
    }

    // Python chooses the quotes by the text, and escapes its own.
    private static string? PythonString(ReadOnlySpan<char> text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == text[0])
            {
                return text[1..i].ToString().Replace("\\'", "'", StringComparison.Ordinal);
            }

            i += text[i] == '\\' ? 1 : 0;
        }

        return null;
    }
}
