using System.Collections.Concurrent;

namespace VllmAdapter;

/// <summary>The addresses of a server's routes. Some lie below <c>/v1</c> and some beside it, whichever of the two the user named.</summary>
internal sealed class VllmEndpoint
{
    private const string Version1 = "v1/";
    private const int MostKept = 100;
    private const string Chat = "/chat/completions";

    // What may stand behind a version in an address that was pasted from a manual or a log.
    private static readonly string[] Routes =
        [Chat, "/completions", "/models", "/embeddings", "/responses", "/messages", "/rerank", "/score", "/audio/transcriptions"];

    private readonly ConcurrentDictionary<string, Uri> _addresses = new(StringComparer.Ordinal);
    private readonly Uri _root;
    private readonly Uri _api;

    public VllmEndpoint(Uri endpoint)
    {
        if (ProblemOf(endpoint) is { } problem)
            throw new ArgumentException(problem, nameof(endpoint));

        (string root, string api) = Read(endpoint.AbsolutePath.TrimEnd('/'));
        _root = Below(endpoint, root);
        _api = Below(endpoint, api);
    }

    public const string ChatCompletions = "v1/chat/completions";
    public const string Completions = "v1/completions";
    public const string Transcriptions = "v1/audio/transcriptions";
    public const string Translations = "v1/audio/translations";
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

    /// <summary>An address as it was typed; what is wrong with it is said as of any other.</summary>
    public static Uri Parse(string endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return Uri.TryCreate(endpoint, UriKind.RelativeOrAbsolute, out Uri? address) ? address : throw new ArgumentException(NotAnAddress(endpoint), nameof(endpoint));
    }

    /// <summary>The address of a route, by its path from the server's root.</summary>
    /// <remarks>Routes are few, and an address costs more to make than to find. Thread-safe.</remarks>
    public Uri At(string path) =>
        _addresses.Count < MostKept ? _addresses.GetOrAdd(path, static (path, from) => from.Make(path), this) : Make(path);

    /// <summary>The path of a route as a caller writes it, from the server's root, with or without a slash before it.</summary>
    /// <exception cref="ArgumentException">It leads elsewhere.</exception>
    public string Route(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string route = path.StartsWith('/') ? path[1..] : path;
        Uri address = !route.StartsWith('/') && !route.Contains('\\') && Uri.TryCreate(_root, route, out Uri? there) ? there : _root;
        Uri below = route.StartsWith(Version1, StringComparison.Ordinal) ? _api : _root;
        return address != _root && _root.IsBaseOf(address) && below.IsBaseOf(Make(route)) && !route.Contains('#')
            ? route
            : throw new ArgumentException($"The path must be that of a route of this server, such as /v1/models, but is \"{path}\".", nameof(path));
    }

    private Uri Make(string path) => path.StartsWith(Version1, StringComparison.Ordinal) ? new(_api, path[Version1.Length..]) : new(_root, path);

    /// <summary>Why an address cannot be used, in a sentence with the way out that holds no secret; null if it can.</summary>
    public static string? ProblemOf(Uri endpoint) => endpoint switch
    {
        _ when !endpoint.IsAbsoluteUri || !IsHttp(endpoint.Scheme) =>
            NotAnAddress(endpoint.OriginalString),
        { UserInfo.Length: > 0 } =>
            $"Endpoint must not contain a user name or password, which would never be sent, but \"{WithoutSecrets(endpoint.OriginalString)}\" has them. "
            + "Set ApiKey, or send the Authorization header (RequestHeaders.Additional).",
        { Query.Length: > 1 } =>
            $"Endpoint must not have a query, which would not reach the routes, but \"{WithoutSecrets(endpoint.OriginalString)}\" has one. "
            + "Set ApiKey if it is a key; if the gateway needs it on every request, add it in a message handler of the HttpClient.",
        _ => null,
    };

    /// <summary>Whether only service discovery can find the server: <c>https+http://vllm</c> asks for whichever of the two the service offers.</summary>
    public static bool IsNameOfService(Uri endpoint) => endpoint.IsAbsoluteUri && endpoint.Scheme.Contains('+');

    private static bool IsHttp(string scheme) => scheme is "http" or "https" or "https+http" or "http+https";

    private static string NotAnAddress(string endpoint) =>
        $"Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"{WithoutSecrets(endpoint)}\".";

    private static Uri Below(Uri endpoint, string path) => new UriBuilder(endpoint) { Path = path + "/", Query = "", Fragment = "" }.Uri;

    // What was pasted may be a route, a version, or a prefix before both. A route that is written out says where the others lie.
    private static (string Root, string Api) Read(string path)
    {
        string before = path.EndsWith(Chat, StringComparison.OrdinalIgnoreCase) ? path[..^Chat.Length]
            : Routes.FirstOrDefault(route => path.EndsWith(route, StringComparison.OrdinalIgnoreCase)) is { } route && EndsInVersion(path[..^route.Length])
                ? path[..^route.Length]
                : path;
        if (EndsInVersion(before))
            return (before[..before.LastIndexOf('/')], IsVersion1(before) ? before[..before.LastIndexOf('/')] + "/v1" : before);

        return (before, before.Length < path.Length ? before : before + "/v1");
    }

    // "/v1", "/V1", "/v3", "/v1beta".
    private static bool EndsInVersion(string path)
    {
        ReadOnlySpan<char> last = path.AsSpan(path.LastIndexOf('/') + 1);
        return last.Length > 1 && last.Length < path.Length && last[0] is 'v' or 'V' && char.IsAsciiDigit(last[1]) && last.IndexOfAny(".-_%") < 0;
    }

    private static bool IsVersion1(string path) => path.EndsWith("/v1", StringComparison.OrdinalIgnoreCase);

    // Neither a user name with a password, which would stand before an @, nor a query.
    private static string WithoutSecrets(string address)
    {
        int end = address.AsSpan().IndexOfAny('?', '#');
        string path = end < 0 ? address : address[..end];
        int user = path.LastIndexOf('@');
        int scheme = path.IndexOf("://", StringComparison.Ordinal);
        return user < 0 ? path : (scheme >= 0 && scheme < user ? path[..(scheme + 3)] : "") + path[(user + 1)..];
    }
}
