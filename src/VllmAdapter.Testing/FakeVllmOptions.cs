using System.Net;

namespace VllmAdapter.Testing;

/// <summary>How a <see cref="FakeVllm"/> is set up.</summary>
public sealed record FakeVllmOptions
{
    /// <summary>The release whose shapes and habits it takes on.</summary>
    /// <value>The newest, vLLM 0.33.0.</value>
    public VllmProfile Profile { get; init; } = VllmProfile.V0_33;

    /// <summary>The one model that is served; a request for another is refused with 404, one that names none is answered by it.</summary>
    /// <value><c>fake-model</c>. Null: every name is taken for the served model.</value>
    public string? Model { get; init; } = "fake-model";

    /// <summary>What the model does, and so which routes there are. Chats are always answered, but where this says that it writes nothing.</summary>
    /// <value><see cref="ModelKinds.Generates"/>. Several together are one server that no real one is, for samples and tests that want all.</value>
    public ModelKinds Kinds { get; init; } = ModelKinds.Generates;

    /// <summary>How many numbers the vectors of an embedding model have.</summary>
    /// <value>384.</value>
    public int EmbeddingSize { get; init; } = 384;

    /// <summary>Whether vectors can be shortened on request (Matryoshka).</summary>
    /// <value>False: <c>dimensions</c> is refused.</value>
    public bool IsMatryoshka { get; init; }

    /// <summary>The labels of a classifying model.</summary>
    /// <value><c>LABEL_0</c> to <c>LABEL_2</c>.</value>
    public IReadOnlyList<string> Labels { get; init; } = ["LABEL_0", "LABEL_1", "LABEL_2"];

    /// <summary>Chooses what is wrong with an answer of a pooling model; null for nothing.</summary>
    /// <value>Null: nothing ever is.</value>
    public Func<ReceivedRequest, PoolingFault?>? PoolingFaults { get; init; }

    /// <summary>The port of this machine where <see cref="FakeVllm.StartAsync(ScriptedReply[])"/> listens, for clients that are configured beforehand.</summary>
    /// <value>0: a free one. Of no meaning to a server in memory, and HTTP/2 always has a free port of its own.</value>
    public int Port { get; init; }

    /// <summary>The address of this machine where a started server listens.</summary>
    /// <value>Loopback: no other machine reaches it. <see cref="IPAddress.Any"/> is for containers and test networks.</value>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Tokens that prompt and output may have together.</summary>
    /// <value>32,768.</value>
    public int ContextWindow { get; init; } = 32_768;

    /// <summary>The key that requests under <c>/v1</c> must carry as a bearer token; without it they are refused with 401.</summary>
    /// <value>Null: no key is asked for.</value>
    public string? ApiKey { get; init; }

    /// <summary>How many requests run at once; more of them wait, with their headers sent and nothing after.</summary>
    /// <value>No limit.</value>
    public int MaxRunning { get; init; } = int.MaxValue;

    /// <summary>Whether the render endpoint is open, as with <c>--enable-scale-out</c>; older servers do not have it at all.</summary>
    /// <value>False.</value>
    public bool ScaleOut { get; init; }

    /// <summary>Whether the routes of development mode are there, as with <c>VLLM_SERVER_DEV_MODE=1</c>: sleep, pause, abort, caches.</summary>
    /// <value>False.</value>
    public bool DevMode { get; init; }

    /// <summary>Whether <c>/openapi.json</c> is there; not with <c>--disable-fastapi-docs</c>.</summary>
    /// <value>True.</value>
    public bool HasDocs { get; init; } = true;

    /// <summary>The clock that pauses, recorded speed and creation times go by.</summary>
    /// <value>The system's.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
