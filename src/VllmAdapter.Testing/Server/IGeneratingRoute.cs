namespace VllmAdapter.Testing;

/// <summary>A route beside chat on which the model writes, so that a script says what.</summary>
internal interface IGeneratingRoute
{
    /// <summary>Its paths, as far as the served model has them.</summary>
    IEnumerable<string> Offered { get; }

    /// <summary>Reads a request.</summary>
    /// <param name="request">What was received.</param>
    /// <param name="id">The id that the server would give it.</param>
    /// <param name="created">When it answers, in seconds since 1970.</param>
    GeneratingCall Read(ReceivedRequest request, string id, long created);
}

/// <summary>What became of a request: a refusal, or a call, which the engine may still refuse.</summary>
internal readonly record struct GeneratingCall(WireReply? Refusal, FakeCall? Call, ScriptedReply? InEngine = null);
