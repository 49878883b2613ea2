using System.Globalization;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads a transcription that came whole, and sees that it is.</summary>
internal static class WholeTranscription
{
    // Fields that have a property of their own, or say nothing beside it.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal) { "text", "segments", "language", "duration", "usage", "task", "words" };

    /// <summary>The reply in the terms of the judge; null if it is none.</summary>
    /// <exception cref="InvalidReplyException">It is not whole.</exception>
    public static ChatAnswer? Read(ServerReply reply, TranscriptionRequest request)
    {
        if (FieldsOf(reply) is not { } told || !told.Remove("text", out JsonElement said))
            return null;

        string text = said.ValueKind == JsonValueKind.String ? Text(said) : throw new InvalidReplyException("its text is not a string");
        if (request.Segments && Of(told).Segments.Count == 0 && (text.Trim().Length > 0 || !told.ContainsKey("segments")))
            throw new InvalidReplyException("it has no segments, which were asked for");

        return Judged(text, told, reply.Body.Length);
    }

    /// <summary>What a reply tells beside its text.</summary>
    /// <exception cref="InvalidReplyException">A segment lacks its times or its text.</exception>
    public static Transcription Of(IReadOnlyDictionary<string, JsonElement>? told)
    {
        var empty = new Transcription { Outcome = null! };
        if (told is null)
            return empty;

        Dictionary<string, JsonElement> rest = told.Where(field => !Known.Contains(field.Key) || field.Key == "words").ToDictionary(StringComparer.Ordinal);
        return empty with
        {
            Segments = told.TryGetValue("segments", out JsonElement segments) ? Segments(segments) : [],
            Language = told.TryGetValue("language", out JsonElement language) && language.ValueKind == JsonValueKind.String ? Text(language) : null,
            Duration = DurationOf(told),
            Extra = rest.Count > 0 ? rest : null,
        };
    }

    // Those that are not null; of a name that is there twice, the last counts.
    private static Dictionary<string, JsonElement>? FieldsOf(ServerReply reply)
    {
        try
        {
            var reader = new Utf8JsonReader(reply.Json, JsonText.Reading);
            JsonElement root = JsonElement.ParseValue(ref reader);
            if (root.ValueKind != JsonValueKind.Object || reader.Read())
                return null;

            var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            foreach (JsonProperty field in root.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null))
                fields[field.Name] = field.Value;

            return fields;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static ChatAnswer Judged(string text, Dictionary<string, JsonElement> told, long bytes)
    {
        var evidence = new StreamEvidence
        {
            Request = new RequestEvidence { EndsByPiece = true },
            IsWholeReply = true,
            BodyEnd = BodyEnd.InOrder,
            Events = 1,
            Chunks = 1,
            Bytes = bytes,
        };
        evidence.ChoiceAt(0).Observe(new ChatChunk { Text = text }, Secrets.None);
        ChatChoice[] choices = [new ChatChoice { Text = text }];
        return new ChatAnswer { Outcome = OutcomeJudge.Decide(evidence, TerminationCause.EndOfBody, choices), Choices = choices, Extra = told.Count > 0 ? told : null };
    }

    private static TranscriptionSegment[] Segments(JsonElement segments)
    {
        if (segments.ValueKind != JsonValueKind.Array)
            throw new InvalidReplyException("its segments are not a list");

        return [.. segments.EnumerateArray().Select(Segment)];
    }

    private static TranscriptionSegment Segment(JsonElement segment, int index)
    {
        string number = (index + 1).ToString("N0", CultureInfo.InvariantCulture);
        if (segment.ValueKind != JsonValueKind.Object || !segment.TryGetProperty("text"u8, out JsonElement text) || text.ValueKind != JsonValueKind.String)
            throw new InvalidReplyException($"segment {number} has no text");

        if (TimeOf(segment, "start") is not { } start || TimeOf(segment, "end") is not { } end)
            throw new InvalidReplyException($"segment {number} has no times");

        if (end < start)
            throw new InvalidReplyException($"segment {number} ends before it begins");

        return new TranscriptionSegment
        {
            Index = index,
            Start = start,
            End = end,
            Text = Text(text),
            TokenIds = segment.TryGetProperty("tokens"u8, out JsonElement tokens) && tokens.ValueKind == JsonValueKind.Array
                ? [.. tokens.EnumerateArray().Where(token => token.ValueKind == JsonValueKind.Number && token.TryGetInt32(out _)).Select(token => token.GetInt32())]
                : [],
            AverageLogprob = Number(segment, "avg_logprob"),
            CompressionRatio = Number(segment, "compression_ratio"),
            Temperature = Number(segment, "temperature"),
            NoSpeechProbability = Number(segment, "no_speech_prob"),
        };
    }

    // A text of its own until 0.27; of a reply without segments it is what was billed.
    private static TimeSpan? DurationOf(IReadOnlyDictionary<string, JsonElement> told) => told switch
    {
        _ when told.TryGetValue("duration", out JsonElement duration) => Seconds(duration),
        _ when told.TryGetValue("usage", out JsonElement usage) && usage.ValueKind == JsonValueKind.Object && usage.TryGetProperty("seconds"u8, out JsonElement seconds) => Seconds(seconds),
        _ => null,
    };

    private static TimeSpan? TimeOf(JsonElement segment, string name) => segment.TryGetProperty(name, out JsonElement time) ? Seconds(time) : null;

    private static TimeSpan? Seconds(JsonElement value)
    {
        double? seconds = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double said) => said,
            _ => null,
        };
        return seconds is >= 0 and < 1e9 ? TimeSpan.FromSeconds(seconds.Value) : null;
    }

    private static double? Number(JsonElement segment, string name) =>
        segment.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    // Half a character does not throw here.
    private static string Text(JsonElement value)
    {
        var reader = new Utf8JsonReader(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(value));
        reader.Read();
        return JsonText.Read(ref reader);
    }
}
