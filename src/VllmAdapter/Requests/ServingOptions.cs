using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>How the serving engine treats the request: scheduling, caching, hand-over between engines.</summary>
public sealed record ServingOptions
{
    private readonly EqualJson _kvTransfer;
    private readonly EqualJson _encoderTransfer;
    private readonly EqualJson _pluginArguments;

    /// <summary>Who goes first when requests wait: the lower number.</summary>
    /// <value>Null (default): 0. Any other number is refused by a server without priority scheduling.</value>
    public long? Priority { get; init; }

    /// <summary>
    /// Keeps the prefix cache of this request apart from requests with another salt (vLLM 0.9 and later).
    /// </summary>
    /// <value>Not empty; at most 128 characters on newer servers. Null (default): shared with all.</value>
    public string? CacheSalt { get; init; }

    /// <summary>How many tokens the server gathers into one chunk (vLLM since about 0.27).</summary>
    /// <value>1 or more; it can only raise what the server is set to. First and last chunk are not delayed.</value>
    public int? StreamInterval { get; init; }

    /// <summary>
    /// Whether chunks carry the ids of their tokens, and the first one those of the prompt (vLLM 0.10.2 and later).
    /// </summary>
    public bool? ReturnTokenIds { get; init; }

    /// <summary>
    /// What a connector hands over between prefill and decode engines (<c>kv_transfer_params</c>, vLLM 0.9 and later).
    /// </summary>
    public JsonObject? KvTransfer { get => _kvTransfer.Json; init => _kvTransfer = new(value); }

    /// <summary>
    /// What a connector hands over from an encoder engine (<c>ec_transfer_params</c>, vLLM since about 0.26).
    /// </summary>
    public JsonObject? EncoderTransfer { get => _encoderTransfer.Json; init => _encoderTransfer = new(value); }

    /// <summary>
    /// Arguments for plug-ins of the server (<c>vllm_xargs</c>, vLLM 0.9.2 and later): texts, numbers and lists of
    /// them.
    /// </summary>
    public JsonObject? PluginArguments { get => _pluginArguments.Json; init => _pluginArguments = new(value); }
}
