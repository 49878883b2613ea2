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

    /// <summary>The port of this machine where <see cref="FakeVllm.StartAsync(ScriptedReply[])"/> listens, for clients that are configured beforehand.</summary>
    /// <value>0: a free one. Of no meaning to a server in memory, and HTTP/2 always has a free port of its own.</value>
    public int Port { get; init; }

    /// <summary>The address of this machine where a started server listens.</summary>
    /// <value>Loopback: nobody else reaches it. <see cref="IPAddress.Any"/> is for containers and test networks.</value>
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

    /// <summary>The clock that pauses, recorded speed and creation times go by.</summary>
    /// <value>The system's.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
