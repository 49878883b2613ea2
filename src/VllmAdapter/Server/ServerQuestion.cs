namespace VllmAdapter.Server;

/// <summary>One question to the server other than a chat.</summary>
internal sealed record ServerQuestion(HttpMethod Method, string Path)
{
    public byte[]? JsonBody { get; init; }

    /// <summary>Makes the body of a request that is not JSON, again for each sending; null if it is, or has none.</summary>
    public Func<HttpContent>? NewContent { get; init; }

    /// <summary>The id under which it is sent; null for none, or for that of <see cref="Headers"/>.</summary>
    public string? RequestId { get; init; }

    /// <summary>Which sending of the request it is, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The most that is read of an answer, in bytes; null for the limit of one event.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>The option that sets that limit.</summary>
    public string LimitingOption => MaxBytes is null ? nameof(VllmAdapterOptions.MaxEventBytes) : nameof(VllmAdapterOptions.MaxReplyBytes);

    public RequestHeaders? Headers { get; init; }

    public string? Model { get; init; }

    /// <summary>What a good answer would be, for those who get another one.</summary>
    public string Expected { get; init; } = "plain text";

    /// <summary>What of a larger call it is about; null if it is all of it.</summary>
    public string? Portion { get; init; }

    public bool MayBeSwitchedOff { get; init; }

    public required TimeSpan Limit { get; init; }
}
