namespace VllmAdapter;

/// <summary>Inputs to be made into vectors by an embedding model (<c>/v1/embeddings</c>).</summary>
/// <example>
/// <code>
/// var request = new EmbeddingRequest { Inputs = ["a llama", "an alpaca"], Dimensions = 256 };
/// </code>
/// </example>
public sealed record EmbeddingRequest : PoolingBatchRequest
{
    /// <summary>The length of each vector.</summary>
    /// <value>
    /// 1 or more, for models that can be shortened (Matryoshka); vLLM refuses it for every other, even the full length. Null (default): the model's own. A
    /// reply with vectors of another length is refused.
    /// </value>
    public int? Dimensions { get; init; }

    /// <summary>How the server writes the vectors. Either is read, whatever the server sends.</summary>
    /// <value><see cref="VectorEncoding.Base64"/> by default: a fourth to half of the bytes, and exact.</value>
    public VectorEncoding Encoding { get; init; } = VectorEncoding.Base64;
}

/// <summary>How vectors travel.</summary>
public enum VectorEncoding
{
    /// <summary>The bytes of 32-bit floats, lowest byte first, as base64. Not for a server whose own order is another (s390x): there choose <see cref="Float"/>.</summary>
    Base64 = 1,

    /// <summary>Numbers. Choose it to read replies by eye, and for servers that do not know base64.</summary>
    Float,
}
