using System.Text.Json;

namespace VllmAdapter;

/// <summary>Writes a call of an earlier turn, and refuses one that would do harm in every later turn.</summary>
internal static class SentCall
{
    public static void Write(Utf8JsonWriter json, ToolCall call, string arguments)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, call.Id);
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, call.Name);
        json.WriteText("arguments", arguments);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Its arguments as they may be sent.</summary>
    /// <param name="call">The call.</param>
    /// <param name="at">The place of its message.</param>
    /// <exception cref="ArgumentException">They are no JSON object.</exception>
    public static string ArgumentsOf(ToolCall call, int at)
    {
        if (string.IsNullOrWhiteSpace(call.Arguments))
            return "{}";

        string arguments = SurrogateHalves.ReplacedIn(call.Arguments);
        string? problem;
        try
        {
            using JsonDocument document = JsonDocument.Parse(arguments, JsonText.Parsing);
            JsonValueKind kind = document.RootElement.ValueKind;
            problem = kind == JsonValueKind.Object ? null : $"are a JSON {kind}, not an object";
        }
        catch (JsonException error)
        {
            problem = $"are not JSON ({error.Message})";
        }

        return problem is null
            ? arguments
            : throw RequestRefusal.Because(
                $"Messages[{at}]: the arguments of tool call '{call.Id}' ({call.Name}) {problem}. "
                + "Leave the call and its result out: with a damaged call in the history vLLM refuses every later "
                + "turn, or shows the model a call without arguments.");
    }
}
