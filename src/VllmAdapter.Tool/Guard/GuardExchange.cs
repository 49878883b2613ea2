using Yarp.ReverseProxy.Model;

namespace VllmAdapter.Tool.Guard;

/// <summary>One request under guard, from the client to the outgoing message that carries it and back. It lives as long as the request.</summary>
internal sealed class GuardExchange(GuardedRequest request, GuardOptions options)
{
    /// <summary>Under which an outgoing message carries its exchange.</summary>
    public static HttpRequestOptionsKey<GuardExchange> Key { get; } = new("VllmAdapter.Guard");

    public GuardedRequest Request { get; } = request;

    public GuardOptions Options { get; } = options;

    /// <summary>The back ends that may answer, in the order in which they are tried after the chosen one.</summary>
    public IReadOnlyList<DestinationState> Candidates { get; set; } = [];

    /// <summary>The address of the back end that was chosen.</summary>
    public string? ChosenAddress { get; set; }

    /// <summary>Whether the chosen back end could not be reached, even if another one answered.</summary>
    public Exception? FirstFault { get; set; }

    /// <summary>How the answer ended; null while nobody knows.</summary>
    public Ending? Ended { get; set; }

    /// <summary>Whether the body must break off, so that no client takes it for whole.</summary>
    public bool BreaksOff { get; set; }
}
