namespace VllmAdapter;

/// <summary>What the first chunk says of the whole reply.</summary>
/// <param name="ResponseId">The server's id of the reply; null if it gave none.</param>
/// <param name="Model">The model that answers, in the server's words; null if it named none.</param>
/// <param name="CreatedAt">When the server took the request up; null if it did not say.</param>
internal readonly record struct ReplyHead(string? ResponseId, string? Model, DateTimeOffset? CreatedAt);
