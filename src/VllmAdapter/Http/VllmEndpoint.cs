namespace VllmAdapter;

/// <summary>The addresses of a server's routes. Some lie below <c>/v1</c> and some beside it, whichever of the two the user named.</summary>
internal sealed class VllmEndpoint
{
    private static readonly string[] KnownEndings = ["/v1/chat/completions", "/v1"];

    private readonly Uri _root;

    public VllmEndpoint(Uri endpoint)
    {
        if (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException(
                $"Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"{endpoint}\".", nameof(endpoint));
        }

        // Addresses are pasted as they stand in a manual, in a server's log, or in another client's settings.
        string path = endpoint.AbsolutePath.TrimEnd('/');
        string? known = KnownEndings.FirstOrDefault(ending => path.EndsWith(ending, StringComparison.Ordinal));
        if (known is not null)
            path = path[..^known.Length];

        _root = new UriBuilder(endpoint) { Path = path + "/", Query = "", Fragment = "" }.Uri;
    }

    public const string ChatCompletions = "v1/chat/completions";
    public const string Render = "v1/chat/completions/render";
    public const string Models = "v1/models";
    public const string LoadLora = "v1/load_lora_adapter";
    public const string UnloadLora = "v1/unload_lora_adapter";
    public const string Version = "version";
    public const string Health = "health";
    public const string Load = "load";
    public const string Metrics = "metrics";
    public const string Tokenize = "tokenize";
    public const string Detokenize = "detokenize";

    /// <summary>The address of a route, by its path from the server's root.</summary>
    public Uri At(string path) => new(_root, path);
}
