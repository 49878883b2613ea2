namespace VllmAdapter.Server;

/// <summary>One route that vLLM may offer, and what it takes to have it.</summary>
/// <param name="Path">The route, from the server's root.</param>
/// <param name="Needs">What the server must be, or be started with, in a sentence.</param>
internal sealed record KnownRoute(string Path, string Needs)
{
    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <summary>Whether only servers of some models offer it. Up to 0.15 such a route lies on every server, and answers 200 with an error inside.</summary>
    public bool DependsOnModel { get; init; }

    /// <summary>A body that a server of the right model refuses before it does any work, and any other server for its model; null if there is none.</summary>
    public string? EmptyQuestion { get; init; }

    /// <summary>The route on which that body is sent; null for the route itself. The routes of generating models stand and fall together.</summary>
    public string? AskedAt { get; init; }

    /// <summary>Whether it may lie there and be switched off (403 since 0.30, which only a POST shows).</summary>
    public bool MayBeSwitchedOff { get; init; }

    /// <summary>Whether it may lie there for a model that has not what it takes (501), which only a real request shows.</summary>
    public bool MayRefuseTheModel { get; init; }
}

/// <summary>The routes of vLLM 0.8.5 to 0.33.0 that a client may want.</summary>
/// <remarks>Which server offers which was recorded of 0.8.5, 0.11.0, 0.20.2, 0.32.0 and 0.33.0.</remarks>
internal static class KnownRoutes
{
    private const string Generates = "It needs a generative model; servers of embedding, reranking, classifying and speech models do not have it.";
    private const string Embeds = "It needs an embedding model (--runner pooling, if vLLM does not see that it is one; --task embed before 0.10), served for the task embed.";
    private const string Ranks = "It needs a reranker (a classifier with one label), an embedding model or a late-interaction model.";
    private const string Classifies = "It needs a classification model, and vLLM 0.9 or later.";
    private const string Pools = "It needs a pooling model: an embedding, classification or reward model.";
    private const string Listens = "It needs a speech model such as Whisper, and the audio packages (pip install vllm[audio]).";
    private const string Loads = "Start the server with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=1.";
    private const string Develops = "Start the server with VLLM_SERVER_DEV_MODE=1, on a network that only you can reach: no API key protects this route.";
    private const string Sleeps = "Start the server with VLLM_SERVER_DEV_MODE=1 and --enable-sleep-mode, on a network that only you can reach: no API key protects this route.";
    private const string Renders = "It needs a generative model, vLLM 0.15 or later, and since 0.30 --enable-scale-out.";
    private const string Chat = "/v1/chat/completions";
    private const string NoMessages = """{"messages":[]}""";
    private const string NoPair = """{"text_1":[],"text_2":[]}""";
    private const string NoDocuments = """{"query":"","documents":[]}""";
    private const string NoInput = """{"input":[]}""";
    private const string Everywhere = "Every vLLM has it.";

    /// <summary>All of them, in the order in which they are told.</summary>
    public static IReadOnlyList<KnownRoute> All { get; } =
    [
        new(Chat, Generates) { DependsOnModel = true, EmptyQuestion = NoMessages },
        new("/v1/completions", Generates) { DependsOnModel = true, EmptyQuestion = NoMessages, AskedAt = Chat },
        new("/v1/responses", $"{Generates} vLLM 0.8.5 lacks it.") { DependsOnModel = true, EmptyQuestion = NoMessages, AskedAt = Chat },
        new("/v1/messages", $"{Generates} vLLM 0.11.0 lacks it.") { DependsOnModel = true, EmptyQuestion = NoMessages, AskedAt = Chat },
        new("/v1/chat/completions/render", Renders) { DependsOnModel = true, MayBeSwitchedOff = true, EmptyQuestion = "{}" },
        new("/v1/completions/render", Renders) { DependsOnModel = true, MayBeSwitchedOff = true, EmptyQuestion = "{}" },
        new("/inference/v1/generate", "It needs a generative model, vLLM 0.12 or later, and since 0.30 --enable-scale-out.") { DependsOnModel = true, MayBeSwitchedOff = true, EmptyQuestion = "{}" },
        new("/generative_scoring", Generates) { DependsOnModel = true },
        new("/v1/decisions", "It needs vLLM 0.33 or later and a model with a decision head, which ordinary models do not have.") { DependsOnModel = true, MayRefuseTheModel = true },
        new("/v1/embeddings", Embeds) { DependsOnModel = true, EmptyQuestion = NoInput },
        new("/v2/embed", $"{Embeds} vLLM 0.20.2 and earlier lack it.") { DependsOnModel = true },
        new("/v1/rerank", Ranks) { DependsOnModel = true, EmptyQuestion = NoDocuments },
        new("/v2/rerank", Ranks) { DependsOnModel = true, EmptyQuestion = NoDocuments },
        new("/rerank", Ranks) { DependsOnModel = true, EmptyQuestion = NoDocuments },
        new("/v1/score", Ranks) { DependsOnModel = true, EmptyQuestion = NoPair },
        new("/score", Ranks) { DependsOnModel = true, EmptyQuestion = NoPair },
        new("/classify", Classifies) { DependsOnModel = true, EmptyQuestion = NoInput },
        new("/pooling", Pools) { DependsOnModel = true, EmptyQuestion = NoInput },
        new("/v1/audio/transcriptions", Listens) { DependsOnModel = true },
        new("/v1/audio/translations", Listens) { DependsOnModel = true },
        new("/invocations", Everywhere),
        new("/tokenize", "Every vLLM has it; a gateway may not pass it on."),
        new("/detokenize", "Every vLLM has it; a gateway may not pass it on."),
        new("/v1/models", Everywhere) { Method = HttpMethod.Get },
        new("/version", "Every vLLM has it; a gateway may not pass it on.") { Method = HttpMethod.Get },
        new("/health", Everywhere) { Method = HttpMethod.Get },
        new("/metrics", "Every vLLM has it, unless it was started without; a gateway may not pass it on.") { Method = HttpMethod.Get },
        new("/load", "Every vLLM has it; a gateway may not pass it on.") { Method = HttpMethod.Get },
        new("/tokenizer_info", "Start the server with --enable-tokenizer-info-endpoint (vLLM 0.10 or later).") { Method = HttpMethod.Get },
        new("/v1/load_lora_adapter", Loads),
        new("/v1/unload_lora_adapter", Loads),
        new("/sleep", Sleeps),
        new("/wake_up", Sleeps),
        new("/is_sleeping", Sleeps) { Method = HttpMethod.Get },
        new("/pause", $"{Develops} vLLM 0.11.0 and earlier lack it."),
        new("/resume", $"{Develops} vLLM 0.11.0 and earlier lack it."),
        new("/is_paused", $"{Develops} vLLM 0.11.0 and earlier lack it.") { Method = HttpMethod.Get },
        new("/abort_requests", $"{Develops} vLLM 0.11.0 and earlier lack it."),
        new("/reset_prefix_cache", Develops),
        new("/reset_mm_cache", Develops),
        new("/reset_encoder_cache", Develops),
        new("/server_info", Develops) { Method = HttpMethod.Get },
        new("/collective_rpc", Develops),
    ];

    /// <summary>The route at the end of an address's path, whatever stands before it; null if it is none of these.</summary>
    public static KnownRoute? At(string path) =>
        All.Where(route => path.EndsWith(route.Path, StringComparison.Ordinal)).MaxBy(route => route.Path.Length);
}
