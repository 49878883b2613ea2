using System.Text.Json;

namespace VllmAdapter;

/// <summary>Inputs that go into one request: of one kind, not too many, and not too long together.</summary>
/// <param name="Inputs">All inputs of the call.</param>
/// <param name="First">The first that is in it.</param>
/// <param name="Count">How many are.</param>
internal readonly record struct PoolingBatch(IReadOnlyList<PoolingInput> Inputs, int First, int Count)
{
    // Half of what nginx lets pass unless it is told otherwise.
    private const int MostBytes = 512 * 1024;

    /// <summary>Whether it is all that is asked about.</summary>
    public bool IsAll => Count == Inputs.Count;

    /// <summary>Cuts the inputs into batches. A conversation is one by itself, for servers before 0.24 take only one.</summary>
    public static IEnumerable<PoolingBatch> Of(IReadOnlyList<PoolingInput> inputs, int mostInputs)
    {
        for (int first = 0; first < inputs.Count;)
        {
            int count = 1;
            long size = SizeOf(inputs[first]);
            while (first + count < inputs.Count && count < mostInputs && IsAlike(inputs[first], inputs[first + count]))
            {
                size += SizeOf(inputs[first + count]);
                if (size > MostBytes)
                    break;

                count++;
            }

            yield return new PoolingBatch(inputs, first, count);
            first += count;
        }
    }

    /// <summary>Writes the request for it.</summary>
    /// <param name="fields">Everything but the inputs.</param>
    public byte[] Write(JsonElement fields) => RequestJson.ToUtf8((Fields: fields, Batch: this), Size(), static (json, from) =>
    {
        json.WriteStartObject();
        foreach (JsonProperty field in from.Fields.EnumerateObject())
            field.WriteTo(json);

        if (from.Batch.Inputs[from.Batch.First].Messages is { } messages)
        {
            json.WritePropertyName("messages"u8);
            ChatRequestBodyMessages.Write(json, messages);
        }
        else
        {
            json.WritePropertyName("input"u8);
            from.Batch.WriteInputs(json);
        }

        json.WriteEndObject();
    });

    private void WriteInputs(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        for (int at = First; at < First + Count; at++)
        {
            if (Inputs[at].Tokens is not { } tokens)
            {
                writer.WriteText(Inputs[at].Text);
                continue;
            }

            writer.WriteStartArray();
            foreach (int token in tokens)
                writer.WriteNumberValue(token);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private long Size()
    {
        long size = 0;
        for (int at = First; at < First + Count; at++)
            size += Inputs[at].Messages is { } messages ? ChatRequestBodyMessages.TextIn(messages) : SizeOf(Inputs[at]);

        return size;
    }

    private static bool IsAlike(PoolingInput one, PoolingInput next) =>
        one.Messages is null && next.Messages is null && one.Tokens is null == next.Tokens is null;

    private static long SizeOf(PoolingInput input) => input.Text?.Length + 3L ?? input.Tokens?.Count * 6L ?? 0;
}
