using System.CommandLine;
using VllmAdapter.Tool.Check;

namespace VllmAdapter.Tool.Commands;

/// <summary><c>check URL</c>: what a deployment does wrong, worst first, and the setting that helps.</summary>
internal static class CheckCommand
{
    public static Command Create(Terminal terminal)
    {
        var url = new Argument<string?>("url") { Description = "The server, such as http://localhost:8000.", Arity = ArgumentArity.ZeroOrOne };
        var model = new Option<string?>("--model") { Description = "The model to ask; the first that the server lists by default." };
        var key = new Option<string?>("--key-env") { Description = "The environment variable that holds the API key." };
        var json = new Option<string?>("--json") { Description = "A file to write the report to, as JSON for programs." };
        var markdown = new Option<string?>("--markdown") { Description = "A file to write the report to, for whoever runs the server." };
        var quick = new Option<bool>("--quick") { Description = "Run only the few probes that find the most." };
        var demo = new Option<bool>("--demo") { Description = "Check a faulty server that is built into the tool." };
        var command = new Command("check", "Finds out what a deployment does wrong: asks short questions, one at a time, and reports how the answers end.")
        {
            url, model, key, json, markdown, quick, demo,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var check = new CheckRun(terminal, parsed.GetValue(quick) ? AllProbes.Quick : AllProbes.Full, parsed.GetValue(json), parsed.GetValue(markdown));
            string? address = parsed.GetValue(url);
            if (parsed.GetValue(demo))
            {
                using FakeVllm server = DemoServer.Create();
                VllmInferenceAdapter adapter = server.CreateAdapter(options => CheckOptions.Apply(options, key: null));
                return (int)await check.OfAsync(adapter, withoutKey: null, parsed.GetValue(model), cancellationToken).ConfigureAwait(false);
            }

            if (address is null)
                throw new ToolException("check needs the address of a server, such as http://localhost:8000, or --demo.");

            string? secret = KeyOf(terminal, parsed.GetValue(key));
            using VllmInferenceAdapter known = CheckOptions.NewAdapter(address, secret);
            using VllmInferenceAdapter? stranger = secret is null ? null : CheckOptions.NewAdapter(address, key: null);
            return (int)await check.OfAsync(known, stranger, parsed.GetValue(model), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static string? KeyOf(Terminal terminal, string? variable)
    {
        if (variable is null)
            return null;
        return terminal.Variable(variable) is { Length: > 0 } key
            ? key
            : throw new ToolException($"The variable {variable}, which --key-env names, is not set.");
    }
}
