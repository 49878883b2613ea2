using Microsoft.Extensions.Options;
using VllmAdapter;

/// <summary>What a sample does around its work: it explains itself, and says in a sentence what went wrong.</summary>
internal static class Sample
{
    private const int Failed = 1;
    private const int WrongArguments = 2;

    /// <summary>The key of a real server, from the environment variable that <c>vllm serve</c> reads too; null if there is none.</summary>
    public static string? ApiKey => Environment.GetEnvironmentVariable("VLLM_API_KEY");

    /// <summary>Runs a sample.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="help">What <c>--help</c> prints.</param>
    /// <param name="run">The work. It may set <see cref="Environment.ExitCode"/>.</param>
    /// <param name="values">How many arguments the sample takes at most, options aside.</param>
    /// <param name="options">How the options begin that it takes, each with a value.</param>
    /// <returns>0 if all went well, 1 if the work failed, 2 if the command line is wrong.</returns>
    public static async Task<int> RunAsync(string[] args, string help, Func<Task> run, int values = 0, params string[] options)
    {
        if (args.Any(arg => arg is "--help" or "-h" or "-?" or "/?"))
        {
            Console.WriteLine(help);
            return 0;
        }

        if (ProblemOf(args, values, options) is { } problem)
            return Tell($"{problem} --help shows what this sample takes.", WrongArguments);

        try
        {
            await run();
            return Environment.ExitCode;
        }
        catch (Exception wrong) when (args.Length > 0 && wrong is ArgumentException or OptionsValidationException or InvalidOperationException)
        {
            return Tell(SentenceOf(wrong), WrongArguments);
        }
        catch (Exception failed) when (failed is VllmException or IOException)
        {
            return Tell(failed.Message, Failed);
        }
    }

    /// <summary>An exception's message, without the parameter's name that .NET appends for developers.</summary>
    public static string SentenceOf(Exception failure) => failure is ArgumentException { ParamName: { } parameter }
        ? failure.Message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal)
        : failure.Message;

    private static string? ProblemOf(string[] args, int values, string[] options)
    {
        for (int place = 0; place < args.Length; place++)
        {
            string arg = args[place];
            if (options.Any(option => arg.StartsWith(option, StringComparison.OrdinalIgnoreCase)))
            {
                if (!arg.Contains('=', StringComparison.Ordinal) && ++place == args.Length)
                    return $"{arg} needs a value.";
            }
            else if (arg.StartsWith('-') || values-- == 0)
            {
                return $"\"{arg}\" is not an argument of this sample.";
            }
        }

        return null;
    }

    private static int Tell(string sentence, int exitCode)
    {
        Console.Error.WriteLine(sentence);
        return exitCode;
    }
}
