using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Spectre.Console;
using VllmAdapter.Tool.Guard;

namespace VllmAdapter.Tool.Commands;

/// <summary><c>guard --to URL</c>: a proxy that makes every client in front of it honest.</summary>
internal static class GuardCommand
{
    public static Command Create(Terminal terminal)
    {
        var to = new Option<string[]>("--to") { Description = "A back end, such as http://localhost:8000. Several share the requests.", AllowMultipleArgumentsPerToken = true };
        var listen = new Option<string[]>("--listen")
        {
            Description = "Where to listen. https://... needs --certificate; h2c://... speaks HTTP/2 in clear text.",
            DefaultValueFactory = static _ => ["http://127.0.0.1:8100"],
        };
        var certificate = new Option<string?>("--certificate") { Description = "For https: the certificate, as a PEM file (with its chain) or a PFX file.", HelpName = "PATH" };
        var key = new Option<string?>("--certificate-key") { Description = "The PEM file of its private key, if that is not in the same file.", HelpName = "PATH" };
        var password = new Option<string>("--certificate-password-env")
        {
            Description = "The variable of the environment that holds the password of the key or of the PFX file.",
            HelpName = "NAME",
            DefaultValueFactory = static _ => GuardCertificate.PasswordVariable,
        };
        var settings = new Option<string?>("--settings") { Description = "A JSON file with the sections Guard and ReverseProxy (YARP's own). It may change while the guard runs." };
        var onCut = new Option<string?>("--on-cut") { Description = "How an answer ends that a token limit cut: length (the finish reason), or error (an error event, and a body that breaks off)." };
        onCut.AcceptOnlyFromAmong("length", "error");
        var askWhole = new Option<bool>("--ask-whole") { Description = "Ask for chats with tools whole, and hand them on as streams: for a server whose streaming parser loses calls (check tells)." };
        var command = new Command("guard", "A proxy that makes any client honest: cuts end as errors, half a tool call never goes out, a missing finish reason is written.")
        {
            to, listen, certificate, key, password, settings, onCut, askWhole,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            List<IConfigurationSource> sources = Sources(
                [.. (parsed.GetValue(to) ?? []).Select(BackEnd)], parsed.GetValue(settings), sentence => terminal.Error.WriteLine(sentence));
            if (parsed.GetValue(onCut) is { } cutEnding)
                sources.Add(Setting(nameof(GuardOptions.OnCut), cutEnding));
            if (parsed.GetValue(askWhole))
                sources.Add(Setting(nameof(GuardOptions.AskWhole), "true"));

            GuardCertificate? certified = Certificate(parsed.GetValue(certificate), parsed.GetValue(key), parsed.GetRequiredValue(password));
            GuardServer guard = await GuardServer.StartAsync([.. parsed.GetRequiredValue(listen).Select(Listen)], sources, certified, cancellationToken).ConfigureAwait(false);
            await using (guard.ConfigureAwait(false))
            {
                terminal.Error.WriteLine($"Guarding {string.Join(", ", guard.Addresses)}; counts at /metrics, health at /healthz. Ctrl+C ends it.");
                await Terminal.UntilCanceledAsync(cancellationToken).ConfigureAwait(false);
                await guard.StopAsync(CancellationToken.None).ConfigureAwait(false);
            }

            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static List<IConfigurationSource> Sources(Uri[] to, string? file, Action<string> tell)
    {
        Dictionary<string, string?>? backEnds = to.Length > 0 ? GuardSettings.Of(to) : null;
        List<IConfigurationSource> sources = [];
        if (backEnds is not null)
            sources.Add(new MemoryConfigurationSource { InitialData = backEnds });

        if (file is not null)
            sources.Add(new SettingsFile(file, tell) { Defaults = backEnds });

        return sources;
    }

    // What is said on the command line has the last word.
    private static MemoryConfigurationSource Setting(string name, string value) =>
        new() { InitialData = [new($"{GuardSettings.Section}:{name}", value)] };

    private static GuardCertificate? Certificate(string? path, string? key, string passwordVariable) => (path, key) switch
    {
        (not null, _) => GuardCertificate.Load(path, key, Environment.GetEnvironmentVariable(passwordVariable) is { Length: > 0 } password ? password : null),
        (null, not null) => throw new ToolException("--certificate-key is the key of a certificate. Name that with --certificate."),
        _ => null,
    };

    private static Uri BackEnd(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address is { Scheme: "http" or "https" }
            ? address
            : throw new ToolException($"\"{text}\" is no address of a back end. Give one such as http://localhost:8000.");

    private static Uri Listen(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address is { Scheme: "http" or "https" or "h2c" }
            ? address
            : throw new ToolException($"\"{text}\" is no address to listen on. Give one such as http://127.0.0.1:8100, https://127.0.0.1:8443, or h2c://127.0.0.1:8101 for HTTP/2.");
}
