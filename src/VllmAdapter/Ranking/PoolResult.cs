namespace VllmAdapter;

/// <summary>A pooling model's own output for each input. There is none without all of them.</summary>
public sealed record PoolResult
{
    /// <summary>One output for each input, in the order of the inputs.</summary>
    public required IReadOnlyList<PooledOutput> Outputs { get; init; }

    /// <summary>The model that answered, in the server's words.</summary>
    public string? Model { get; init; }

    /// <summary>The server's id of the reply; of the first one if there were several.</summary>
    public string? Id { get; init; }

    /// <summary>Tokens of all inputs; null if the server did not count those of every reply.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>How many outputs, not what they hold.</summary>
    public override string ToString() => $"{Outputs.Count} outputs";
}

/// <summary>What a pooling model returned for one input: one vector, or a matrix with a row for each token.</summary>
public sealed record PooledOutput
{
    /// <summary>The input's place, from 0.</summary>
    public int Index { get; init; }

    /// <summary>All numbers, finite; for a matrix, row after row.</summary>
    public required ReadOnlyMemory<float> Values { get; init; }

    /// <summary>How many rows a matrix has: one for each token, the tokenizer's special tokens included. Null for a vector.</summary>
    public int? Rows { get; init; }

    /// <summary>How many numbers a row has; of a vector how many it has.</summary>
    public int Columns => Values.Length / (Rows ?? 1);

    /// <summary>One row of a matrix; a vector has one, row 0.</summary>
    /// <param name="index">The token's place, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public ReadOnlyMemory<float> Row(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Rows ?? 1);
        return Values.Slice(index * Columns, Columns);
    }

    /// <summary>Its shape, not what it holds.</summary>
    public override string ToString() => Rows is { } rows ? $"{rows} rows of {Columns}" : $"vector of {Columns}";
}
