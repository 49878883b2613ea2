using VllmAdapter.Server;
using VllmAdapter.Tool.Explain;

namespace VllmAdapter.Tool.Check;

/// <summary>The first contact: is there a server, is it one that serves models, does it take the key, does it have the model?</summary>
internal static class Introduction
{
    /// <summary>Asks the server who it is.</summary>
    /// <param name="adapter">How it is asked.</param>
    /// <param name="model">The model to ask; null for the first that it serves.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ToolException">There is nothing to check; the message says why.</exception>
    public static async Task<(IReadOnlyList<ModelCard> Models, string? Model, ServerVersion? Version)> OfAsync(
        VllmInferenceAdapter adapter, string? model, CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelCard> models = await ModelsAsync(adapter, model, cancellationToken).ConfigureAwait(false);
        if (model is not null && models.Count > 0 && models.All(card => card.Id != model))
            throw new ToolException($"The server does not serve {model}. It serves: {Wording.OneLine(string.Join(", ", models.Select(card => card.Id)), 1000)}.");

        string? chosen = model ?? models.OrderBy(card => card.IsLora).FirstOrDefault()?.Id;
        return (models, chosen, await VersionAsync(adapter, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<IReadOnlyList<ModelCard>> ModelsAsync(VllmInferenceAdapter adapter, string? model, CancellationToken cancellationToken)
    {
        try
        {
            return await adapter.Server.GetModelsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException hidden) when (hidden.Failure is RequestFailure.RouteNotFound && model is not null)
        {
            return []; // a gateway that lists nothing; the first question shows whether it has the model
        }
        catch (VllmRequestException refused)
        {
            throw new ToolException(Sentence(refused), ExitCode.Unavailable, refused);
        }
    }

    private static string Sentence(VllmRequestException refused) => refused.Failure switch
    {
        RequestFailure.Unauthorized or RequestFailure.Forbidden =>
            $"The server did not accept the key: put it in an environment variable and name that with --key-env. ({refused.Message})",
        RequestFailure.RouteNotFound => $"There is no vLLM server here, or a gateway that lists no models: check the address, or name the model with --model. ({refused.Message})",
        RequestFailure.UnexpectedContent or RequestFailure.InvalidReply => $"This is not a vLLM server: check the address. ({refused.Message})",
        _ => refused.Message,
    };

    private static async Task<ServerVersion?> VersionAsync(VllmInferenceAdapter adapter, CancellationToken cancellationToken)
    {
        try
        {
            return await adapter.Server.GetVersionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (VllmRequestException)
        {
            return null;
        }
    }
}
