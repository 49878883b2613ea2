namespace VllmAdapter.Testing;

/// <summary>What is wrong with an answer of a pooling model: embeddings, ranks, scores, classes or pooled outputs.</summary>
public enum PoolingFault
{
    /// <summary>The last entry is missing.</summary>
    TooFew = 1,

    /// <summary>The last entry says the place of the first one.</summary>
    Doubled,

    /// <summary>The numbers of the last entry are none: null, or the bits of NaN in base64 (as vLLM 0.32.0 writes them where orjson is installed).</summary>
    NotANumber,

    /// <summary>The whole request is refused with 400 because a number is none (as vLLM 0.32.0 does without orjson, for numbers).</summary>
    RefusedNotANumber,

    /// <summary>The last entry has one number less than the others.</summary>
    WrongLength,

    /// <summary>The engine dies: 500, or the code that the version puts on it.</summary>
    EngineDies,
}
