namespace VllmAdapter;

/// <summary>Refuses a request that cannot be sent. The message names the member; the parameter is the one that every public method has for it.</summary>
internal static class RequestRefusal
{
    public static ArgumentException Because(string message, Exception? why = null) => Of("request", message, why);

    private static ArgumentException Of(string parameter, string message, Exception? why) => new(message, parameter, why);
}
