namespace VllmAdapter.Testing;

/// <summary>What the model of a <see cref="FakeVllm"/> does; a real server's does one of these.</summary>
[Flags]
public enum ModelKinds
{
    /// <summary>Nothing: every route that takes a model is missing.</summary>
    None = 0,

    /// <summary>It writes: chats and plain completions.</summary>
    Generates = 1,

    /// <summary>It makes texts into vectors: embeddings, pooling, and scores and ranks by cosine.</summary>
    Embeds = 2,

    /// <summary>A classifier with one label (a cross-encoder): scores, ranks, classes and pooling, by sigmoid.</summary>
    Ranks = 4,

    /// <summary>A classifier with the labels of <see cref="FakeVllmOptions.Labels"/>: classes and pooling, by softmax.</summary>
    Classifies = 8,

    /// <summary>It makes each token into a vector (late interaction): pooling, and scores and ranks by MaxSim.</summary>
    EmbedsTokens = 16,

    /// <summary>It writes down what is said: transcriptions and translations.</summary>
    Transcribes = 32,
}
