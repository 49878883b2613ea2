namespace VllmAdapter;

/// <summary>What stands in a body in place of events.</summary>
internal enum ForeignBody
{
    /// <summary>A line that begins as HTML does.</summary>
    Html = 1,

    /// <summary>A line that begins as JSON does, without <c>data:</c> before it; it may be an error.</summary>
    BareJson,

    /// <summary>A field <c>error:</c>, which no event has; its value is one.</summary>
    ErrorField,

    /// <summary>An event that is larger than the option allows.</summary>
    TooLarge,

    /// <summary>More bytes than the option allows for a whole reply.</summary>
    TooLong,
}
