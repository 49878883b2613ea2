using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VllmAdapter.Tool.Batch;

namespace VllmAdapter.Tool.Commands;

/// <summary><c>batch IN OUT --to URL</c>: thousands of requests from a file, each answered once, every cut named.</summary>
internal static class BatchCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new Argument<string>("in") { Description = "The requests: one JSON object per line with custom_id, url and body, as for vllm run-batch and OpenAI's batches." };
        var output = new Argument<string>("out") { Description = "The results. The file of an earlier run is continued: what it contains is not asked again." };
        var to = new Option<string>("--to") { Description = "The server, such as http://localhost:8000.", Required = true };
        var parallel = new Option<int>("--parallel") { Description = "How many requests run at once.", DefaultValueFactory = static _ => 32 };
        var model = new Option<string?>("--model") { Description = "The model of requests that name none." };
        var key = new Option<string>("--key-env") { Description = "The environment variable that holds the key.", DefaultValueFactory = static _ => "VLLM_API_KEY" };
        var retries = new Option<int>("--retries") { Description = "How many times to ask again for an answer that broke off.", DefaultValueFactory = static _ => 2 };
        var retryCut = new Option<int>("--retry-cut") { Description = "How many times to ask again, with twice the max_tokens, for an answer that max_tokens cut.", DefaultValueFactory = static _ => 0 };
        var budget = new Option<long?>("--max-total-tokens") { Description = "The tokens that the whole file may cost; after that, no more requests are sent." };
        var command = new Command("batch", "Asks every request of a file and writes each answer with how it ended. Can be killed and started again.")
        {
            input, output, to, parallel, model, key, retries, retryCut, budget,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new BatchOptions
            {
                Input = parsed.GetRequiredValue(input),
                Output = parsed.GetRequiredValue(output),
                Server = Server(parsed.GetRequiredValue(to)),
                ApiKey = terminal.Variable(parsed.GetRequiredValue(key)),
                Model = parsed.GetValue(model),
                Parallel = AtLeast(1, parsed.GetValue(parallel), "--parallel"),
                Retries = AtLeast(0, parsed.GetValue(retries), "--retries"),
                CutRetries = AtLeast(0, parsed.GetValue(retryCut), "--retry-cut"),
                MaxTotalTokens = parsed.GetValue(budget) is { } tokens ? AtLeast(1, tokens, "--max-total-tokens") : null,
            };
            BatchSummary summary = await RunAsync(terminal, options, cancellationToken).ConfigureAwait(false);
            terminal.WritePlain(summary.ToString());
            if (summary.Stopped is { } stopped)
                throw new ToolException($"{stopped} Run the same command again when it answers.", ExitCode.Unavailable);

            return (int)summary.Code;
        });
        return command;
    }

    private static Task<BatchSummary> RunAsync(Terminal terminal, BatchOptions options, CancellationToken cancellationToken)
    {
        Progress progress = terminal.Error.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
        return progress.StartAsync(context =>
        {
            ProgressTask shown = context.AddTask("asking", maxValue: 1);
            long began = terminal.Clock.GetTimestamp();
            var run = new BatchRun(options, sentence => terminal.Error.WriteLine(sentence))
            {
                Progressed = (done, all, tokens) =>
                {
                    shown.MaxValue = Math.Max(1, all);
                    shown.Value = done;
                    double rate = tokens / Math.Max(0.001, terminal.Clock.GetElapsedTime(began).TotalSeconds);
                    shown.Description = string.Create(CultureInfo.InvariantCulture, $"{done:N0} of {all:N0}, {rate:N0} tokens/s");
                },
            };
            return run.RunAsync(cancellationToken);
        });
    }

    private static Uri Server(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address is { Scheme: "http" or "https" }
            ? address
            : throw new ToolException($"\"{text}\" is no address of a server. Give one such as http://localhost:8000.");

    private static T AtLeast<T>(T least, T value, string option)
        where T : IComparable<T> => value.CompareTo(least) >= 0 ? value : throw new ToolException($"{option} must be at least {least}.");
}
