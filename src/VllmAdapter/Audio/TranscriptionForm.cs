using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes a <see cref="TranscriptionRequest"/> as a form (<c>multipart/form-data</c>), which is the only thing that the audio routes take.</summary>
internal static class TranscriptionForm
{
    /// <summary>The fields beside the file.</summary>
    public static JsonObject Fields(TranscriptionRequest request, string? defaultModel, UsageReporting defaultUsage)
    {
        var fields = new JsonObject();
        fields.Put("model", request.Model ?? defaultModel);
        fields.Put("language", request.Language);
        fields.Put("prompt", request.Prompt);
        fields.Put("temperature", request.Temperature);
        fields.Put("max_completion_tokens", request.MaxTokens);
        if (request.IsStreamed)
            PutStream(fields, request.UsageReporting ?? defaultUsage);
        else if (request.Segments)
            fields["response_format"] = "verbose_json";

        Merge(fields, request);
        return fields;
    }

    /// <summary>The whole form.</summary>
    public static FormBody Write(JsonObject fields, AudioFile audio)
    {
        string boundary = BoundaryFor(audio);
        var head = new StringBuilder();
        foreach ((string name, JsonNode? value) in fields)
        {
            foreach (JsonNode? one in value as JsonArray ?? [value?.DeepClone()])
                Part(head, boundary, name).Append("\r\n\r\n").Append(TextOf(one)).Append("\r\n");
        }

        Part(head, boundary, "file").Append("; filename=\"").Append(Escape(audio.FileName)).Append("\"\r\nContent-Type: ").Append(audio.MediaType).Append("\r\n\r\n");
        byte[] before = Encoding.UTF8.GetBytes(head.ToString());
        byte[] after = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        byte[] form = new byte[checked(before.Length + audio.Content.Length + after.Length)];
        before.CopyTo(form, 0);
        audio.Content.CopyTo(form.AsMemory(before.Length));
        after.CopyTo(form, form.Length - after.Length);
        return new FormBody(form, $"multipart/form-data; boundary={boundary}");
    }

    // vLLM refuses the options of a stream where there is none.
    private static void PutStream(JsonObject fields, UsageReporting usage)
    {
        fields["stream"] = true;
        if (usage != UsageReporting.None)
            fields["stream_include_usage"] = true;
        if (usage == UsageReporting.Continuous)
            fields["stream_continuous_usage_stats"] = true;
    }

    private static void Merge(JsonObject fields, TranscriptionRequest request)
    {
        foreach ((string name, JsonNode? value) in request.Extra ?? [])
        {
            if (name is "stream" or "response_format" or "file")
                throw RequestRefusal.Because($"Extra says \"{name}\", and the reply would be misread. Set {(name == "file" ? "Audio" : "Stream and Segments")} and leave \"{name}\" out of Extra.");

            if (value is null)
                fields.Remove(name);
            else
                fields[name] = value.DeepClone();
        }
    }

    private static StringBuilder Part(StringBuilder form, string boundary, string name) =>
        form.Append("--").Append(boundary).Append("\r\nContent-Disposition: form-data; name=\"").Append(Escape(name)).Append('"');

    private static string TextOf(JsonNode? value) =>
        value is JsonValue text && text.TryGetValue(out string? said) ? said : value?.ToJsonString() ?? "";

    // As browsers do it: the three characters that would end the name or the line.
    private static string Escape(string name) => name.Replace("\"", "%22", StringComparison.Ordinal)
        .Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    // One that does not stand in the file.
    private static string BoundaryFor(AudioFile audio)
    {
        for (int number = 1; ; number++)
        {
            string boundary = $"vllm-adapter-form-{number}";
            if (audio.Content.Span.IndexOf(Encoding.ASCII.GetBytes(boundary)) < 0)
                return boundary;
        }
    }
}
