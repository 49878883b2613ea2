namespace VllmAdapter.Tool.Check;

/// <summary>How the check asks: once, so that no retry hides a fault, and never longer than a person waits.</summary>
internal static class CheckOptions
{
    public static void Apply(VllmAdapterOptions options, string? key)
    {
        options.ApiKey = key;
        options.OnIncompleteStream = IncompleteStreamBehavior.Report;
        options.Resilience.MaxAttempts = 1;
        options.TimeLimits.Connect = TimeSpan.FromSeconds(10);
        options.TimeLimits.Headers = TimeSpan.FromSeconds(60);
        options.TimeLimits.FirstChunk = TimeSpan.FromSeconds(60);
        options.TimeLimits.BetweenChunks = TimeSpan.FromSeconds(30);
        options.TimeLimits.Total = TimeSpan.FromMinutes(2);
        options.TimeLimits.ServerCall = TimeSpan.FromSeconds(15);
    }

    /// <exception cref="ToolException">The address is none.</exception>
    public static VllmInferenceAdapter NewAdapter(string address, string? key)
    {
        var options = new VllmAdapterOptions();
        Apply(options, key);
        return new VllmInferenceAdapter(ServerAddress.Parse(address), options);
    }
}
