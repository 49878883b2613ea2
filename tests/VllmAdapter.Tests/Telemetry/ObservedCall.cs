using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Telemetry;

/// <summary>One call to a scripted server of a name of its own, so that tests do not see each other's reports.</summary>
internal sealed class ObservedCall : IDisposable
{
    private static int calls;

    private readonly FakeVllm _vllm;
    private readonly HttpClient _http;

    public ObservedCall(ScriptedReply script, HttpMessageHandler? between = null, CapturedLogs? logs = null)
    {
        Server = $"call-{Interlocked.Increment(ref calls)}.test";
        _vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null, TimeProvider = Clock }, script);
        HttpMessageHandler handler = _vllm.CreateHandler();
        if (between is DelegatingHandler outer)
            (outer.InnerHandler, handler) = (handler, outer);

        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        var options = new VllmAdapterOptions
        {
            Endpoint = new Uri($"https://{Server}:8000"),
            ApiKey = "sk-secret",
            Model = "granite",
        };
        Adapter = new VllmInferenceAdapter(_http, options, Clock, logs?.ForAdapter());
    }

    public string Server { get; }

    public ManualTimeProvider Clock { get; } = new();

    public VllmInferenceAdapter Adapter { get; }

    public static ChatRequest Question { get; } = ChatRequest.FromPrompt("What is the prompt?");

    /// <summary>A call as the adapter makes it, before it is sent.</summary>
    public static ChatCall Unsent(ILogger? logger = null) => new()
    {
        Transport = new VllmTransport(() => new HttpClient(), new VllmEndpoint(new Uri("http://unsent.test")), apiKey: null, TimeProvider.System),
        Path = VllmEndpoint.ChatCompletions,
        Operation = "chat",
        Body = "{}"u8.ToArray(),
        Evidence = new RequestEvidence(),
        Termination = VllmAdapter.Termination.Default,
        OnIncompleteStream = IncompleteStreamBehavior.Throw,
        MaxEventBytes = 1024,
        MaxReplyBytes = 1024 * 1024,
        Secrets = Secrets.None,
        Resilience = new AttemptPipeline(Polly.ResiliencePipeline.Empty),
        NewRequestId = static () => "request-1",
        Logger = logger ?? NullLogger.Instance,
    };

    public void Dispose()
    {
        _http.Dispose();
        _vllm.Dispose();
    }

    /// <summary>Runs the call to its end, however that is, while time goes by.</summary>
    public async Task RunAsync(ChatRequest? request = null, CancellationToken cancellationToken = default)
    {
        Task<ChatAnswer> call = Adapter.CompleteChatAsync(request ?? Question, cancellationToken);
        while (!call.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        await ((Task)call).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
