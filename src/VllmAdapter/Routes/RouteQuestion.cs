namespace VllmAdapter;

/// <summary>A question on a route other than chat, whose whole answer is read before any of it is handed out.</summary>
/// <param name="Path">The route, from the server's root, such as <c>v1/embeddings</c>.</param>
/// <param name="Operation">What spans and measurements call it (<c>gen_ai.operation.name</c>), such as <c>embeddings</c>.</param>
internal sealed record RouteQuestion(string Path, string Operation)
{
    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <summary>The body; null if there is none, or if it is no JSON.</summary>
    public byte[]? JsonBody { get; init; }

    /// <summary>Makes a body that is not JSON, again for each attempt.</summary>
    public Func<HttpContent>? NewContent { get; init; }

    public RequestHeaders? Headers { get; init; }

    public string? Model { get; init; }

    /// <summary>What a good answer would be, for those who get another one: <c>a list of embeddings</c>.</summary>
    public required string Expected { get; init; }

    /// <summary>Which of several questions of one call it is, from 1: under an id that the caller gave, each has its own.</summary>
    public int Part { get; init; } = 1;

    /// <summary>What of the call it is about, for failures, such as <c>Inputs[128] to [255]</c>; null if it is all of it.</summary>
    public string? Portion { get; init; }

    /// <summary>The id of an attempt, from 1: each has its own.</summary>
    public string IdOf(int attempt) => Headers?.GivenId is { } given
        ? given + (Part == 1 ? "" : $".{Part}") + (attempt == 1 ? "" : $"-{attempt}")
        : RequestIds.Next();

    /// <summary>One attempt at it.</summary>
    public ServerQuestion Attempt(int number, VllmAdapterOptions options) => new(Method, Path)
    {
        JsonBody = JsonBody,
        NewContent = NewContent,
        Headers = Headers,
        Model = Model,
        Expected = Expected,
        Portion = Portion,
        RequestId = IdOf(number),
        Attempt = number,
        MaxBytes = options.MaxReplyBytes,
        Limit = options.TimeLimits.FirstChunk,
    };
}
