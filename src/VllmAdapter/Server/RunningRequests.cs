namespace VllmAdapter.Server;

/// <summary>What happens to the requests that are running when the engine is paused or put to sleep.</summary>
public enum RunningRequests
{
    /// <summary>They are ended: their streams end with finish reason <c>abort</c> (<see cref="StreamVerdict.Aborted"/>), those of other clients too.</summary>
    Abort = 1,

    /// <summary>They are waited for: the call takes as long as they do.</summary>
    Wait,

    /// <summary>They are held: their streams fall silent, and continue when the engine does.</summary>
    Keep,
}
