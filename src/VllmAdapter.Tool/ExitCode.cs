namespace VllmAdapter.Tool;

/// <summary>What the process tells whoever started it.</summary>
internal enum ExitCode
{
    /// <summary>Done, and nothing is wrong.</summary>
    Ok = 0,

    /// <summary>Done, and something is wrong with what was looked at: an answer that is not whole, a fault that was found.</summary>
    Found = 1,

    /// <summary>The command cannot be carried out as it was given: an unknown word, a file that is no recording.</summary>
    Unusable = 2,

    /// <summary>Something outside is not there or does not let us: no server, a port that is taken.</summary>
    Unavailable = 3,

    /// <summary>Done, and nothing is wrong that a careful client does not cope with: warnings, no fault.</summary>
    Warned = 4,

    /// <summary>Stopped by the user.</summary>
    Canceled = 130,
}
