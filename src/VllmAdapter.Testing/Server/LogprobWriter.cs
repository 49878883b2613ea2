using System.Text;
using System.Text.Json;

namespace VllmAdapter.Testing;

/// <summary>Writes the log probabilities of what was said: a scripted model is certain of every word, as recorded from one that was forced.</summary>
internal static class LogprobWriter
{
    private const double Impossible = -9999.0;

    public static void Write(Utf8JsonWriter json, FakeCall call, string? text)
    {
        if (!call.HasLogprobs || string.IsNullOrEmpty(text))
        {
            json.WriteNull("logprobs");
            return;
        }

        json.WriteStartObject("logprobs");
        json.WriteStartArray("content");
        foreach (string token in Tokenizer.Split(text))
            Token(json, token, logprob: 0, call.TopLogprobs);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Token(Utf8JsonWriter json, string token, double logprob, int? top)
    {
        json.WriteStartObject();
        json.WriteString("token", token);
        json.WriteNumber("logprob", logprob);
        json.WriteStartArray("bytes");
        foreach (byte unit in Encoding.UTF8.GetBytes(token))
            json.WriteNumberValue(unit);
        json.WriteEndArray();
        if (top is { } count)
        {
            json.WriteStartArray("top_logprobs");
            for (int rank = 0; rank < count; rank++)
                Token(json, rank == 0 ? token : "", rank == 0 ? logprob : Impossible, top: null);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
