using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using VllmAdapter.Tool.Explain;

namespace VllmAdapter.Tool.Commands;

/// <summary><c>explain FILE|-</c>: how a recorded or piped answer ended, event by event.</summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file")
        {
            Description = "What vllm-adapter record wrote, what curl -N -i printed, the events of a stream, or a whole reply; - for what is piped in.",
        };
        var request = new Option<string?>("--request") { Description = "The JSON of the request, for files that contain only the answer.", HelpName = "FILE" };
        Option<int?> window = CommandOptions.Tokens("--context-window", "The model's context window (max_model_len), if you know it.");
        var json = new Option<bool>("--json") { Description = "Print JSON, for programs." };
        var command = new Command(
            "explain",
            "Tells how a recorded or piped answer ended, what each event proved, and what a client may do. Ends with 1 if the answer is not whole.")
        {
            file, request, window, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            RecordedInput input = await ReadAsync(terminal, parsed.GetRequiredValue(file), cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(request) is { } path)
                input = Asking(input, path, await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false));

            ChatRoute.Demand(input.Exchange);
            Replay replay = await Replay.OfAsync(input.Exchange, parsed.GetValue(window), cancellationToken).ConfigureAwait(false);
            IReadOnlyList<TimelineEntry> timeline = Timeline.Of(input, replay);
            var conclusion = Conclusion.Of(input, replay);
            if (parsed.GetValue(json))
                terminal.WritePlain(ExplanationJson.Of(input, replay, timeline, conclusion));
            else
                ExplanationText.Write(terminal.Out, input, timeline, conclusion);
            return (int)(conclusion.IsFine ? ExitCode.Ok : ExitCode.Found);
        });
        return command;
    }

    private static async Task<RecordedInput> ReadAsync(Terminal terminal, string file, CancellationToken cancellationToken)
    {
        if (file != "-")
            return InputReader.Read(Path.GetFileName(file), await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false));
        if (terminal.InputIsKeyboard)
            throw new ToolException("Nothing is piped in. Write: curl -N -i ... | vllm-adapter explain -");

        using var piped = new MemoryStream();
        await terminal.Input.CopyToAsync(piped, cancellationToken).ConfigureAwait(false);
        return InputReader.Read("standard input", piped.ToArray());
    }

    private static RecordedInput Asking(RecordedInput input, string path, string text)
    {
        try
        {
            var body = JsonNode.Parse(text) as JsonObject;
            return body is null
                ? throw new ToolException($"{path} is not a request: a JSON object is expected.")
                : input with { HasRequest = true, Exchange = input.Exchange with { Request = input.Exchange.Request with { Body = body } } };
        }
        catch (JsonException notJson)
        {
            throw new ToolException($"{path} is not a request: {notJson.Message}", innerException: notJson);
        }
    }
}
