using System.Collections.Immutable;

namespace VllmAdapter.Testing;

/// <summary>One thing that a server does while it answers.</summary>
internal abstract record WireStep
{
    /// <summary>Status line and headers.</summary>
    public sealed record Head(int Status, ImmutableArray<KeyValuePair<string, string>> Headers) : WireStep
    {
        public long? ContentLength =>
            Value("content-length") is { } length ? long.Parse(length, System.Globalization.CultureInfo.InvariantCulture) : null;

        private string? Value(string name) =>
            Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
    }

    /// <summary>Bytes that leave together: one chunk of a chunked body.</summary>
    public sealed record Piece(ReadOnlyMemory<byte> Bytes) : WireStep;

    /// <summary>Time that passes before the next step.</summary>
    public sealed record Pause(TimeSpan Length) : WireStep;

    /// <summary>A wait for something outside of the script.</summary>
    public sealed record Gate(Task Opens) : WireStep;

    /// <summary>A wait for a free place in the engine.</summary>
    public sealed record Admission : WireStep;
}

/// <summary>How a reply ends on the wire.</summary>
internal enum WireEnding
{
    /// <summary>The body ends in order.</summary>
    Complete = 1,

    /// <summary>The connection is closed inside the body.</summary>
    Cut,

    /// <summary>The connection is reset.</summary>
    Reset,

    /// <summary>Nothing more comes, and the connection stays open.</summary>
    Silent,
}
