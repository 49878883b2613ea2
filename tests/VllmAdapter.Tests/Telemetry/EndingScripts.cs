using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Telemetry;

/// <summary>One script for each way in which a stream can end by itself.</summary>
internal static class EndingScripts
{
    public static ScriptedReply For(StreamVerdict verdict) => verdict switch
    {
        StreamVerdict.Completed => Script.Says("Hel", "lo").Finishes("stop").Uses(10, 2).Done(),
        StreamVerdict.Unconfirmed => Script.Says("Hel", "lo").Uses(10, 2).Done(),
        StreamVerdict.LengthLimited => Script.Says("Hel", "lo").Finishes("length").Uses(10, 2).Done(),
        StreamVerdict.StoppedByServer => Script.Says("Hel", "lo").Finishes("content_filter").Uses(10, 2).Done(),
        StreamVerdict.Aborted => Script.Says("Hel", "lo").Finishes("abort").Uses(10, 2).Done(),
        StreamVerdict.Interrupted => Script.Says("Hel", "lo").Cuts(),
        StreamVerdict.Stalled => Script.Says("Hel", "lo").GoesSilent(),
        StreamVerdict.ServerError => Script.Says("Hel", "lo").Fails(),
        StreamVerdict.Malformed => Script.Says("Hel", "lo").Event("{]"),
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "This takes a caller, not a script."),
    };
}
