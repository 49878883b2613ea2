namespace VllmAdapter.Tool;

/// <summary>Listening, with a sentence for a port that cannot be had.</summary>
internal static class Ports
{
    /// <exception cref="ToolException">The port is taken, or may not be used.</exception>
    public static async Task<T> ListenAsync<T>(int port, Func<Task<T>> listen)
    {
        try
        {
            return await listen().ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is IOException or System.Net.Sockets.SocketException)
        {
            throw new ToolException($"Port {port} cannot be used: {refused.GetBaseException().Message}. Choose another with --port, or 0 for a free one.", ExitCode.Unavailable, refused);
        }
    }
}
