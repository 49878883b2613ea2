using System.Globalization;

namespace VllmAdapter.Server;

/// <summary>The release of vLLM that a server runs.</summary>
/// <param name="Text">As the server reports it, such as <c>0.32.0</c> or <c>0.20.1rc1.dev123+g0a1b2c3</c>.</param>
public sealed record ServerVersion(string Text)
{
    /// <summary>The release's number, or null if the text does not begin with one.</summary>
    public Version? Number { get; } = Read(Text);

    /// <summary>Whether the server runs this release or a later one; null if its number is not known.</summary>
    /// <remarks>Pre-releases count as the release that they lead to.</remarks>
    /// <param name="major">The first number.</param>
    /// <param name="minor">The second number.</param>
    /// <param name="patch">The third number.</param>
    public bool? IsAtLeast(int major, int minor, int patch = 0) =>
        Number is { } number ? number >= new Version(major, minor, patch) : null;

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static Version? Read(string text)
    {
        string[] parts = text.TrimStart('v').Split('.', '+', '-');
        int? patch = parts.Length > 2 ? Leading(parts[2]) : 0;
        return parts.Length > 1 && Leading(parts[0]) is { } major && Leading(parts[1]) is { } minor
            ? new Version(major, minor, patch ?? 0)
            : null;
    }

    // "1rc1" is 1.
    private static int? Leading(string part)
    {
        int length = part.AsSpan().IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : part.Length;
        return int.TryParse(part.AsSpan(0, length), CultureInfo.InvariantCulture, out int number) ? number : null;
    }
}
