using Microsoft.Extensions.Options;

namespace VllmAdapter;

/// <summary>Checks options before anything is sent; every message names the option and says what to set.</summary>
internal sealed class VllmAdapterOptionsValidator : IValidateOptions<VllmAdapterOptions>
{
    private const int SmallestEvent = 1024;

    // What timers can count; nothing that is meant to end waits longer.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(24);

    public ValidateOptionsResult Validate(string? name, VllmAdapterOptions options)
    {
        List<string> problems = [.. ProblemsOf(options)];
        if (options.Endpoint is null)
            problems.Insert(0, "Endpoint is not set. Set it to the server's address, such as http://localhost:8000.");
        else if (VllmEndpoint.ProblemOf(options.Endpoint) is { } problem)
            problems.Insert(0, problem);

        if (problems.Count == 0)
            return ValidateOptionsResult.Success;

        return ValidateOptionsResult.Fail(Named(name, problems));
    }

    /// <summary>Says of which adapter the problems are, where it has a name.</summary>
    public static IEnumerable<string> Named(string? adapter, IEnumerable<string> problems) =>
        string.IsNullOrEmpty(adapter) ? problems : problems.Select(problem => $"Adapter \"{adapter}\": {problem}");

    public static void ThrowIfInvalid(VllmAdapterOptions options)
    {
        foreach (string problem in ProblemsOf(options))
            throw new ArgumentException(problem, nameof(options));
    }

    private static IEnumerable<string> ProblemsOf(VllmAdapterOptions options)
    {
        if (options.ContextWindow < 1)
            yield return $"ContextWindow must be at least 1 token, or null if it is not known, but is {options.ContextWindow}.";

        if (options.ServerMaxTokens < 1)
            yield return $"ServerMaxTokens must be at least 1 token, or null if there is none, but is {options.ServerMaxTokens}.";

        if (options.MaxEventBytes < SmallestEvent)
            yield return $"MaxEventBytes must be at least {SmallestEvent}, but is {options.MaxEventBytes}.";

        if (options.MaxReplyBytes < options.MaxEventBytes)
        {
            yield return "MaxReplyBytes must be at least MaxEventBytes, because a reply contains its events, "
                + $"but they are {options.MaxReplyBytes} and {options.MaxEventBytes}.";
        }

        if (options.ApiKey is { Length: > 0 } key && ApiKeyText.ProblemOf(key) is { } problemOfKey)
            yield return $"ApiKey {problemOfKey}.";

        if (options.Model is { } model && string.IsNullOrWhiteSpace(model))
            yield return "Model must not be empty; leave it null to let the server choose.";

        if (!Enum.IsDefined(options.OnIncompleteStream))
            yield return $"OnIncompleteStream must be one of {string.Join(", ", Enum.GetNames<IncompleteStreamBehavior>())}, but is {options.OnIncompleteStream}.";

        if (options.UnknownFields is { } unknown && !Enum.IsDefined(unknown))
            yield return $"UnknownFields must be one of {string.Join(", ", Enum.GetNames<UnknownFieldBehavior>())}, but is {unknown}.";

        if (!Enum.IsDefined(options.UsageReporting))
            yield return $"UsageReporting must be one of {string.Join(", ", Enum.GetNames<UsageReporting>())}, but is {options.UsageReporting}.";

        foreach (string problem in ResilienceOptionsValidation.ProblemsOf(options.Resilience))
            yield return problem;

        if (options.TimeLimits is not { } limits)
        {
            yield return "TimeLimits must not be null. Leave it out for the defaults.";
            yield break;
        }

        (string Name, TimeSpan? Value)[] times =
        [
            (nameof(limits.Connect), limits.Connect), (nameof(limits.Headers), limits.Headers), (nameof(limits.FirstChunk), limits.FirstChunk),
            (nameof(limits.BetweenChunks), limits.BetweenChunks), (nameof(limits.Grace), limits.Grace), (nameof(limits.Total), limits.Total),
            (nameof(limits.ServerCall), limits.ServerCall),
        ];
        foreach ((string name, TimeSpan? value) in times)
        {
            if (value == Timeout.InfiniteTimeSpan)
                continue;

            if (value <= TimeSpan.Zero)
                yield return $"TimeLimits.{name} must be longer than zero, but is {value}. Use Timeout.InfiniteTimeSpan for no limit.";
            else if (value > LongestTimer)
                yield return $"TimeLimits.{name} must be at most {LongestTimer.Days} days, but is {value}. Use Timeout.InfiniteTimeSpan for no limit.";
        }
    }
}
