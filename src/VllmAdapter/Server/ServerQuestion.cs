namespace VllmAdapter.Server;

/// <summary>One question to the server, beside the chats.</summary>
internal sealed record ServerQuestion(HttpMethod Method, string Path)
{
    public byte[]? JsonBody { get; init; }

    public RequestHeaders? Headers { get; init; }

    public string? Model { get; init; }

    /// <summary>What a good answer would be, for those who get another one.</summary>
    public string Expected { get; init; } = "plain text";

    public bool MayBeSwitchedOff { get; init; }

    public required TimeSpan Limit { get; init; }
}
