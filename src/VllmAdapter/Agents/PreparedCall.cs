using System.Text.Json;

namespace VllmAdapter.Agents;

/// <summary>A ready call next to what is to be done with it: run it, or answer it with words.</summary>
internal sealed record PreparedCall(ToolCall Call, ToolInvocation? Invocation, string Words)
{
    public static PreparedCall Of(ToolCall call, IReadOnlyDictionary<string, Tool> tools)
    {
        if (call.Problems.Count > 0)
            return Refused(call, string.Join(' ', call.Problems));

        if (!tools.TryGetValue(call.Name, out Tool? tool))
            return Refused(call, $"There is no tool '{call.Name}'.");

        try
        {
            return new PreparedCall(call, tool.Bind(call), "");
        }
        catch (JsonException misfit)
        {
            return Refused(call, misfit.Message);
        }
        catch (Exception failure)
        {
            // Code of the user's, such as a constructor that checks its values: that is a handler that fails, and no end of the run.
            return new PreparedCall(call, _ => Task.FromException<ToolOutput>(failure), "");
        }
    }

    private static PreparedCall Refused(ToolCall call, string why) => new(call, Invocation: null, $"The call was not run. {why}");
}
