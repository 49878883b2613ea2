namespace VllmAdapter;

/// <summary>Refuses a request that cannot be sent. The message names the member; the parameter is the one that every public method has for it.</summary>
internal static class RequestRefusal
{
    public static ArgumentException Because(string message, Exception? why = null) => Of("request", message, why);

    /// <param name="value">The number.</param>
    /// <param name="field">The field of the body.</param>
    /// <param name="member">The member that holds it, or a local variable of its name.</param>
    public static void ThrowIfNotFinite(double value, string field, string member)
    {
        if (!double.IsFinite(value))
            throw Because($"{char.ToUpperInvariant(member[0])}{member[1..]} ({field}) is {value}, which JSON has no number for. Set a finite number or null.");
    }

    private static ArgumentException Of(string parameter, string message, Exception? why) => new(message, parameter, why);
}
