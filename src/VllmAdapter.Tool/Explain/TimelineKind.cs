namespace VllmAdapter.Tool.Explain;

/// <summary>What a line of a timeline is about.</summary>

internal enum TimelineKind
{
    /// <summary>Chunks without anything in them.</summary>
    Nothing = 1,

    /// <summary>Text of the answer.</summary>
    Text,

    /// <summary>Reasoning.</summary>
    Reasoning,

    /// <summary>What the model says in place of an answer that it declines to give.</summary>
    Refusal,

    /// <summary>A tool call, or pieces of one.</summary>
    Call,

    /// <summary>A finish reason.</summary>
    FinishReason,

    /// <summary>The count of the tokens.</summary>
    Usage,

    /// <summary>The marker at the end of a stream.</summary>
    Sentinel,

    /// <summary>Comments that keep a connection open.</summary>
    KeepAlive,

    /// <summary>An error of the server's.</summary>
    Error,

    /// <summary>Something that belongs to no chat stream.</summary>
    Unreadable,

    /// <summary>The end of the recording.</summary>
    End,
}
