namespace VllmAdapter.Tool;

/// <summary>The address of a server as users write it.</summary>
internal static class ServerAddress
{
    /// <summary>The address without what a client appends itself: <c>/v1</c>, a query.</summary>
    /// <exception cref="ToolException">It is none.</exception>
    public static Uri Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0)
            throw new ToolException($"{text} is no address of a server. Write it with http:// or https://, such as http://localhost:8000.");

        string path = address.AbsolutePath.TrimEnd('/');
        if (path.EndsWith("/v1", StringComparison.Ordinal))
            path = path[..^"/v1".Length];
        return new Uri($"{address.GetLeftPart(UriPartial.Authority)}{path}/");
    }
}
