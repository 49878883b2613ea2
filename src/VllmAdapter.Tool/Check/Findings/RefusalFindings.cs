namespace VllmAdapter.Tool.Check;

/// <summary>What a request that never became an answer shows of the server.</summary>
internal static class RefusalFindings
{
    /// <summary>The finding, or null where the refusal is the check's own fault, or the server's good right.</summary>
    public static FindingKind? Of(VllmRequestException refused) => refused.Failure switch
    {
        RequestFailure.BadRequest when IsAboutAutoTools(refused) => CallKinds.ToolsRefused,
        RequestFailure.BadRequest or RequestFailure.Forbidden or RequestFailure.RouteNotFound => ServerKinds.RouteUnused,
        RequestFailure.UnexpectedContent or RequestFailure.InvalidReply => EndKinds.NotAStream,
        RequestFailure.ServerError => EndKinds.RequestFails,
        RequestFailure.RateLimited or RequestFailure.Overloaded => ServerKinds.Full,
        RequestFailure.Timeout => EndKinds.Late,
        RequestFailure.EngineDead => EndKinds.Gone,
        RequestFailure.Unavailable => EndKinds.Unavailable,
        RequestFailure.ConnectionFailed => EndKinds.ConnectionFails,
        _ => null,
    };

    // "auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set (vLLM 0.8.5 to 0.33.0).
    private static bool IsAboutAutoTools(VllmRequestException refused) =>
        refused.ServerMessage is { } said && (said.Contains("enable-auto-tool-choice", StringComparison.Ordinal) || said.Contains("tool-call-parser", StringComparison.Ordinal));
}
