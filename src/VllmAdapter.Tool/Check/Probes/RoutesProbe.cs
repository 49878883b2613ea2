using System.Text.Json;

namespace VllmAdapter.Tool.Check;

/// <summary>Which kinds of route the server has, by its own list.</summary>
internal sealed class RoutesProbe : IProbe
{
    private static readonly (string Path, string Kind)[] Kinds =
    [
        ("/v1/chat/completions", "chat"), ("/v1/completions", "completions"), ("/v1/responses", "responses"), ("/v1/messages", "messages"),
        ("/v1/embeddings", "embeddings"), ("/pooling", "pooling"), ("/classify", "classify"), ("/v1/score", "score"), ("/v1/rerank", "rerank"),
        ("/v1/audio/transcriptions", "transcriptions"), ("/tokenize", "tokenize"), ("/v1/chat/completions/render", "render"), ("/metrics", "metrics"),
    ];

    public string Name => "routes";

    public string Asks => "Which kinds of route are there?";

    public ProbeCost Cost => ProbeCost.Nothing;

    public async Task RunAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        JsonElement api;
        try
        {
            api = await run.Target.Adapter.Routes.GetAsync("/openapi.json", cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException hidden) when (hidden.Failure is not (RequestFailure.ConnectionFailed or RequestFailure.Timeout))
        {
            run.CannotTell("The server does not list its routes (/openapi.json).");
            return;
        }

        if (api.ValueKind != JsonValueKind.Object || !api.TryGetProperty("paths", out JsonElement paths) || paths.ValueKind != JsonValueKind.Object)
            run.CannotTell("/openapi.json does not contain a list of routes.");
        else
            run.Tell($"Routes: {string.Join(", ", Kinds.Where(kind => paths.TryGetProperty(kind.Path, out _)).Select(kind => kind.Kind))}.");
    }
}
