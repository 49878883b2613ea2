using System.Text.Json;

namespace VllmAdapter.Testing;

/// <summary>Writes what was heard, streamed and whole: chunks without an index, a reason for each piece, segments whose ids begin anew with each piece.</summary>
internal sealed class SpeechWriter(FakeCall call) : IChunkWriter
{
    public string? Role(int choice, FakeTokens? usage) => null;

    public string Delta(ScriptStep step, FakeTokens? usage)
    {
        var finish = step as ScriptStep.Finish;
        return ChunkWriter.Write(json =>
        {
            Envelope(json);
            json.WriteStartArray("choices");
            json.WriteStartObject();
            json.WriteStartObject("delta");
            json.WriteString("content", TextOf(finish is null ? step : finish.Last));
            json.WriteEndObject();
            if (finish is not null)
            {
                json.WriteString("finish_reason", finish.Reason);
                json.WriteNull("stop_reason");
            }

            json.WriteEndObject();
            json.WriteEndArray();
            if (usage is { } counts)
                Counts(json, counts);
        });
    }

    public string Usage(FakeTokens usage) => ChunkWriter.Write(json =>
    {
        Envelope(json);
        json.WriteStartArray("choices");
        json.WriteEndArray();
        Counts(json, usage);
    });

    /// <summary>The reply that is not streamed: every text that the script says is a second long, and a segment.</summary>
    /// <param name="pieces">The texts, by piece of audio.</param>
    public string Whole(IReadOnlyList<IReadOnlyList<string>> pieces) => ChunkWriter.Write(json =>
    {
        int seconds = pieces.Sum(piece => piece.Count);
        if (call.HasSegments)
        {
            json.WriteNumber("duration", (double)seconds);
            json.WriteString("language", call.Language);
        }

        json.WriteString("text", string.Join(' ', pieces.Select(piece => string.Concat(piece))));
        if (call.HasSegments)
        {
            Segments(json, pieces);
            json.WriteNull("words");
        }
        else if (call.Shape == FakeShape.Transcription)
        {
            json.WriteStartObject("usage");
            json.WriteString("type", "duration");
            json.WriteNumber("seconds", seconds);
            json.WriteEndObject();
        }
    });

    private static void Segments(Utf8JsonWriter json, IReadOnlyList<IReadOnlyList<string>> pieces)
    {
        int second = 0;
        json.WriteStartArray("segments");
        foreach (IReadOnlyList<string> piece in pieces)
        {
            for (int id = 0; id < piece.Count; id++)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteNumber("avg_logprob", 0.0);
                json.WriteNumber("compression_ratio", 1.0);
                json.WriteNumber("start", (double)second++);
                json.WriteNumber("end", (double)second);
                json.WriteNull("no_speech_prob");
                json.WriteNumber("seek", 0);
                json.WriteNumber("temperature", 0.0);
                json.WriteString("text", piece[id]);
                json.WriteStartArray("tokens");
                json.WriteEndArray();
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private static string TextOf(ScriptStep? step) => step is ScriptStep.Say say ? say.Text : "";

    private static void Counts(Utf8JsonWriter json, FakeTokens usage)
    {
        json.WriteStartObject("usage");
        ChunkWriter.Counts(json, usage);
        json.WriteEndObject();
    }

    private void Envelope(Utf8JsonWriter json)
    {
        json.WriteString("id", call.Id);
        json.WriteString("object", call.Shape == FakeShape.Translation ? "translation.chunk" : "transcription.chunk");
        json.WriteNumber("created", call.Created);
        json.WriteString("model", call.Model);
    }
}
