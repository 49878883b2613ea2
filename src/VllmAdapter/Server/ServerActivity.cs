namespace VllmAdapter.Server;

/// <summary>What a server's engine is doing, named by what to do about it.</summary>
public enum ServerActivity
{
    /// <summary>It works: tokens were read or written. Wait.</summary>
    Working = 1,

    /// <summary>It has nothing to do: an answer that does not come is not held up by the engine.</summary>
    Idle,

    /// <summary>It was put to sleep: chats get no answer, not even headers, until it is woken up (<see cref="ServerAdministration.WakeUpAsync"/>).</summary>
    Sleeping,

    /// <summary>It was paused: chats get no answer, not even headers, until it is resumed (<see cref="ServerAdministration.ResumeAsync"/>).</summary>
    Paused,

    /// <summary>
    /// It has requests and did nothing: it hangs (<c>/health</c> stays 200 then), it is paused where that cannot be asked, or one step takes longer
    /// than the snapshots lay apart. Look again after a while; if nothing moved still, restart the server.
    /// </summary>
    Stuck,

    /// <summary>It died: <c>/health</c> says so. It answers again once the server has been restarted.</summary>
    Dead,
}
