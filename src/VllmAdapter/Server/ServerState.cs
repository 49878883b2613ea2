namespace VllmAdapter.Server;

/// <summary>How a server is reached under settings that do not change, and what it has reported about its models.</summary>
internal sealed class ServerState
{
    private readonly LearnedOnce _learning;

    public ServerState(VllmAdapterOptions options, VllmTransport transport, ContextWindows? windows = null, FieldLearning? fields = null, SentImages? images = null)
    {
        Options = options;
        Transport = transport;
        Calls = new ServerCalls(transport, options.MaxEventBytes);
        Windows = windows ?? new ContextWindows();
        Fields = fields ?? new FieldLearning(this);
        Images = images ?? new SentImages();
        _learning = new LearnedOnce(() => GetModelsAsync(CancellationToken.None), transport.Clock);
    }

    public VllmAdapterOptions Options { get; }

    public VllmTransport Transport { get; }

    public ServerCalls Calls { get; }

    public ContextWindows Windows { get; }

    /// <summary>The fields of a chat request that it knows.</summary>
    public FieldLearning Fields { get; }

    /// <summary>The images that it was sent.</summary>
    public SentImages Images { get; }

    /// <summary>The same settings for a server at another address, whose models may be others.</summary>
    public ServerState At(Uri endpoint) => new(Options, Transport.At(endpoint));

    public Task LearnWindowsAsync() => _learning.LearnAsync();

    public async Task<ServerVersion> GetVersionAsync(CancellationToken cancellationToken)
    {
        var question = new ServerQuestion(HttpMethod.Get, VllmEndpoint.Version) { Expected = "a version", Limit = Options.TimeLimits.ServerCall };
        VersionJson answer = await Calls.AskAsync(question, ServerJsonContext.Default.VersionJson, cancellationToken).ConfigureAwait(false);
        return new ServerVersion(answer.Version ?? "");
    }

    public Task<ApiDescription> GetDescriptionAsync(CancellationToken cancellationToken) => Calls.AskAsync(
        new ServerQuestion(HttpMethod.Get, ApiDescription.Route) { Expected = "a description of vLLM's routes", Limit = Options.TimeLimits.ServerCall },
        ApiDescription.Read,
        cancellationToken);

    public async Task<IReadOnlyList<ModelCard>> GetModelsAsync(CancellationToken cancellationToken)
    {
        var question = new ServerQuestion(HttpMethod.Get, VllmEndpoint.Models) { Expected = "a list of models", Limit = Options.TimeLimits.ServerCall };
        IReadOnlyList<ModelCard> cards = await Calls.AskAsync(question, ModelListReader.Read, cancellationToken).ConfigureAwait(false);
        Windows.Learn(cards);
        return cards;
    }
}
