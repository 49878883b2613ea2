namespace VllmAdapter;

/// <summary>The vectors of all inputs. There is none without all of them, each of the same length and of finite numbers.</summary>
public sealed record EmbeddingResult
{
    /// <summary>One vector for each input, in the order of the inputs.</summary>
    public required IReadOnlyList<ReadOnlyMemory<float>> Vectors { get; init; }

    /// <summary>The length of each vector.</summary>
    public int Dimensions => Vectors.Count > 0 ? Vectors[0].Length : 0;

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model { get; init; }

    /// <summary>The server's id of the reply; of the first one if there were several.</summary>
    public string? Id { get; init; }

    /// <summary>Tokens of all inputs, after any truncation and with the tokenizer's special tokens; null if the server did not count those of every reply.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>How many vectors of what length, not what they hold.</summary>
    public override string ToString() => $"{Vectors.Count} vectors of {Dimensions} dimensions";
}
