using System.CommandLine;
using Spectre.Console;
using VllmAdapter.Tool.Fake;

namespace VllmAdapter.Tool.Commands;

/// <summary><c>fake</c>: a vLLM server for the tests of any client.</summary>
internal static class FakeCommand
{
    private const int UsualPort = 8000;

    public static Command Create(Terminal terminal)
    {
        var profile = new Option<string?>("--profile") { Description = "The vLLM version to imitate.", HelpName = "VERSION" };
        var scenario = new Option<string?>("--scenario") { Description = "Plays this scenario to every chat request.", HelpName = "NAME" };
        var recording = new Option<string?>("--recording") { Description = "Plays this recorded exchange to every chat request.", HelpName = "FILE" };
        var model = new Option<string?>("--model") { Description = "The model that it serves; any name is accepted unless one is given.", HelpName = "NAME" };
        Option<int?> window = CommandOptions.Tokens("--context-window", "The model's context window.");
        Option<int> port = CommandOptions.Port(UsualPort);
        var host = new Option<string>("--host") { Description = "The address to listen on; 0.0.0.0 in a container.", DefaultValueFactory = _ => "127.0.0.1", HelpName = "ADDRESS" };
        var list = new Option<bool>("--list") { Description = "Lists the scenarios, and what a careful client concludes from each, and ends." };
        var json = new Option<bool>("--json") { Description = "With --list: as JSON." };
        var command = new Command("fake", "A vLLM server for tests in any language, with every known way to end wrong.")
        {
            profile, scenario, recording, model, window, port, host, list, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(list))
            {
                await ListAsync(terminal, parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
                return (int)ExitCode.Ok;
            }

            (VllmProfile release, ScriptedReply? reply) = ReplyOf(parsed.GetValue(profile), parsed.GetValue(scenario), parsed.GetValue(recording));
            var options = new FakeVllmOptions
            {
                Profile = release,
                Model = parsed.GetValue(model),
                ContextWindow = parsed.GetValue(window) ?? new FakeVllmOptions().ContextWindow,
                Port = parsed.GetValue(port),
                Address = FakeSettings.AddressOf(parsed.GetValue(host)!),
            };
            return (int)await ServeAsync(terminal, options, reply, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task ListAsync(Terminal terminal, bool asJson, CancellationToken cancellationToken)
    {
        if (asJson)
            terminal.WritePlain(await Scenarios.ToJsonAsync(cancellationToken).ConfigureAwait(false));
        else
            ScenarioTable.Write(terminal.Out, Scenarios.All);
    }

    // A scenario belongs to the version that it was seen with, unless another one is asked for.
    private static (VllmProfile Profile, ScriptedReply? Reply) ReplyOf(string? profile, string? scenario, string? recording)
    {
        VllmProfile? asked = profile is null ? null : FakeSettings.ProfileOf(profile);
        if (scenario is not null && recording is not null)
            throw new ToolException("--scenario and --recording exclude each other.");
        if (recording is not null)
            return (asked ?? VllmProfile.V0_33, Script.Replays(Load(recording), atRecordedSpeed: true));
        if (scenario is null)
            return (asked ?? VllmProfile.V0_33, null);

        Scenario played = FakeSettings.ScenarioOf(scenario);
        return (asked ?? played.Profile, played.Reply);
    }

    private static RecordedExchange Load(string path)
    {
        try
        {
            return RecordedExchange.Load(path);
        }
        catch (FormatException notOne)
        {
            throw new ToolException($"{path} is no recorded exchange. Record one with vllm-adapter record.", innerException: notOne);
        }
    }

    private static async Task<ExitCode> ServeAsync(
        Terminal terminal, FakeVllmOptions options, ScriptedReply? reply, CancellationToken cancellationToken)
    {
        ScenarioServer server = await Ports.ListenAsync(
            options.Port, () => ScenarioServer.StartAsync(options, reply, cancellationToken)).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            terminal.Out.WriteLine($"{options.Profile} listens on {server.Endpoint} (HTTP/2: {server.Http2Endpoint}).");
            terminal.Out.WriteLine($"Scenarios: {server.Endpoint}scenarios lists them, {server.Endpoint}scenarios/NAME/v1 plays one, and so does the header {ScenarioServer.HeaderName}.");
            terminal.Out.WriteLine("Ctrl+C ends it.");
            await Terminal.UntilCanceledAsync(cancellationToken).ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }
}
