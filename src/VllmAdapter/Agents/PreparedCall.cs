using System.Text.Json;

namespace VllmAdapter.Agents;

/// <summary>A ready call next to what is to be done with it: run it, or answer it with words.</summary>
/// <param name="Call">The call.</param>
/// <param name="Invocation">Runs it; null if it must not be run.</param>
/// <param name="Words">What the model is told instead.</param>
/// <param name="NotRunBecause">The same in short, for a person.</param>
internal sealed record PreparedCall(ToolCall Call, ToolInvocation? Invocation, string Words = "", string? NotRunBecause = null)
{
    public static PreparedCall Of(ToolCall call, IReadOnlyDictionary<string, Tool> tools, IServiceProvider? services)
    {
        bool isKnown = tools.TryGetValue(call.Name, out Tool? tool);
        if (call.Problems.Count > 0)
            return Refused(call, string.Join(' ', call.Problems), isKnown ? "its arguments do not fit" : "no such tool");

        if (!isKnown)
            return Refused(call, $"There is no tool '{call.Name}'.", "no such tool");

        try
        {
            return new PreparedCall(call, tool!.Prepare(call, services));
        }
        catch (JsonException misfit)
        {
            return Refused(call, misfit.Message, "its arguments do not fit");
        }
        catch (Exception failure)
        {
            // Code of the user's, such as a constructor that checks its values: that is a handler that fails, and no end of the run.
            return new PreparedCall(call, _ => Task.FromException<ToolOutput>(failure));
        }
    }

    /// <summary>The call as the hook before it wants it: not run.</summary>
    public PreparedCall RefusedBy(CallDecision decision) => Refused(Call, decision.Reason ?? "", "refused");

    private static PreparedCall Refused(ToolCall call, string why, string inShort) =>
        new(call, Invocation: null, $"The call was not run. {why}".TrimEnd(), inShort);
}
