namespace VllmAdapter;

/// <summary>What measurements read of an answer.</summary>
internal interface IRouteReply
{
    /// <summary>Tokens of the input, as the server counted them; null if it did not say.</summary>
    int? PromptTokens { get; }

    /// <summary>The model that answered, in the server's words.</summary>
    string? Model { get; }

    /// <summary>The server's id of the answer.</summary>
    string? Id { get; }
}
