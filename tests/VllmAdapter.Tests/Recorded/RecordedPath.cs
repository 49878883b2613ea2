using Xunit.Abstractions;

namespace VllmAdapter.Tests.Recorded;

/// <summary>The path of a case as the name of a row: told in full, where a bare string would be cut at 50 letters.</summary>
public sealed record RecordedPath : IXunitSerializable
{
    /// <summary>For the test runner.</summary>
    public RecordedPath()
    {
    }

    internal RecordedPath(string path) => Path = path;

    /// <summary>Null in the row that stands for none, which there is where a corpus is empty: a theory needs a row.</summary>
    public string? Path { get; private set; }

    /// <inheritdoc/>
    public void Deserialize(IXunitSerializationInfo info) => Path = info.GetValue<string?>(nameof(Path));

    /// <inheritdoc/>
    public void Serialize(IXunitSerializationInfo info) => info.AddValue(nameof(Path), Path);

    /// <inheritdoc/>
    public override string ToString() => Path ?? "none";
}
