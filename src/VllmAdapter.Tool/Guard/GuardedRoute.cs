using Microsoft.AspNetCore.Http;

namespace VllmAdapter.Tool.Guard;

/// <summary>A route whose answers are judged.</summary>
internal enum GuardedRoute
{
    /// <summary><c>/chat/completions</c> below any path.</summary>
    Chat = 1,

    /// <summary><c>/v1/completions</c> below any path.</summary>
    Completions,

    /// <summary><c>/v1/responses</c> below any path.</summary>
    Responses,
}

internal static class GuardedRoutes
{
    /// <summary>The route that a path leads to; null if it is none of those under guard.</summary>
    public static GuardedRoute? At(PathString path) => path.Value switch
    {
        null => null,
        var at when EndsIn(at, "/chat/completions") => GuardedRoute.Chat,
        var at when EndsIn(at, "/v1/completions") => GuardedRoute.Completions,
        var at when EndsIn(at, "/v1/responses") => GuardedRoute.Responses,
        _ => null,
    };

    /// <summary>The field without which a request of the route asks nothing.</summary>
    public static string FieldOf(GuardedRoute route) => route switch
    {
        GuardedRoute.Completions => "prompt",
        GuardedRoute.Responses => "input",
        _ => "messages",
    };

    private static bool EndsIn(string path, string route) => path.EndsWith(route, StringComparison.OrdinalIgnoreCase);
}
