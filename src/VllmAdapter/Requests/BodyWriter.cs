using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>
/// Writes the fields of one JSON object: nulls and empty lists are left out, and a field of the caller's own has the last word, in the place of the
/// member that it outranks.
/// </summary>
/// <param name="json">What it is written to.</param>
/// <param name="own">The caller's own fields; null for none.</param>
/// <param name="leavesTextFormatOut">Whether an own <c>response_format</c> of type <c>text</c> is not written, nor what it outranks.</param>
/// <param name="images">Leaves images of own <c>messages</c> out; null for none.</param>
internal sealed class BodyWriter(Utf8JsonWriter json, JsonObject? own = null, bool leavesTextFormatOut = false, ImagesOnce? images = null)
{
    // Which of them stand already.
    private readonly bool[] _written = own is { Count: > 0 } ? new bool[own.Count] : [];

    public Utf8JsonWriter Json => json;

    /// <summary>Begins a field, whose value is to be written then; not if it is one of the caller's own.</summary>
    public bool Begin(string name)
    {
        for (int i = 0; i < _written.Length; i++)
        {
            if (own!.GetAt(i).Key != name)
                continue;

            WriteOwn(i);
            return false;
        }

        json.WritePropertyName(name);
        return true;
    }

    /// <summary>Writes those of the caller's own fields that outrank nothing.</summary>
    public void WriteOwn()
    {
        for (int i = 0; i < _written.Length; i++)
            WriteOwn(i);
    }

    public void Put(string name, string? value)
    {
        if (value is not null && Begin(name))
            json.WriteText(value);
    }

    public void Put(string name, bool? value)
    {
        if (value is { } flag && Begin(name))
            json.WriteBooleanValue(flag);
    }

    public void Put(string name, long? value)
    {
        if (value is { } number && Begin(name))
            json.WriteNumberValue(number);
    }

    public void Put(string name, double? value, [CallerArgumentExpression(nameof(value))] string member = "")
    {
        if (value is not { } number)
            return;

        RequestRefusal.ThrowIfNotFinite(number, name, member);
        if (Begin(name))
            json.WriteNumberValue(number);
    }

    public void Put(string name, IReadOnlyCollection<string> values)
    {
        if (values.Count == 0 || !Begin(name))
            return;

        json.WriteStartArray();
        foreach (string? value in values)
            json.WriteText(value);
        json.WriteEndArray();
    }

    public void Put(string name, IReadOnlyCollection<int> values)
    {
        if (values.Count == 0 || !Begin(name))
            return;

        json.WriteStartArray();
        foreach (int value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    public void Put(string name, IReadOnlyCollection<JsonObject> values)
    {
        if (values.Count == 0 || !Begin(name))
            return;

        json.WriteStartArray();
        foreach (JsonObject? value in values)
            json.WriteNode(value);
        json.WriteEndArray();
    }

    public void Put(string name, JsonObject? value)
    {
        if (value is { Count: > 0 } && Begin(name))
            json.WriteNode(value);
    }

    private void WriteOwn(int at)
    {
        if (_written[at])
            return;

        _written[at] = true;
        (string name, JsonNode? value) = own!.GetAt(at);
        if (leavesTextFormatOut && name == "response_format" && IsTextFormat(value))
            return;

        json.WritePropertyName(name);
        if (name != "messages")
            json.WriteNode(value);
        else if (images is null)
            RequestJson.WriteInPieces(json, value);
        else
            images.WriteMessages(json, value);
    }

    // OpenAI's default written out: the engine of vLLM 0.11.0 crashes on it, and to every other server it says nothing.
    private static bool IsTextFormat(JsonNode? format) =>
        format is JsonObject fields && fields["type"] is JsonValue type && type.TryGetValue(out string? said) && said == "text";
}
