using System.Text.Json;

namespace VllmAdapter;

/// <summary>A writer of JSON with its buffer. Each thread keeps one for the next text that it writes; who writes meanwhile gets one of his own.</summary>
internal sealed class WriterOfThread
{
    [ThreadStatic]
    private static WriterOfThread? _kept;

    private readonly PooledBuffer _buffer = new();

    private WriterOfThread()
    {
        JsonSerializerOptions options = VllmJsonContext.Relaxed.Options;
        Json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = options.Encoder, MaxDepth = options.MaxDepth });
    }

    public Utf8JsonWriter Json { get; }

    /// <summary>Takes the writer of this thread.</summary>
    /// <param name="room">How many bytes are likely enough.</param>
    public static WriterOfThread Take(int room)
    {
        WriterOfThread writer = _kept ?? new WriterOfThread();
        _kept = null;
        writer._buffer.Lend(room);
        return writer;
    }

    /// <summary>Whether what failed did so because it nests deeper than is written.</summary>
    public bool IsTooDeep => Json.CurrentDepth >= VllmJsonContext.Relaxed.Options.MaxDepth;

    /// <summary>What was written.</summary>
    public byte[] ToUtf8()
    {
        Json.Flush();
        return _buffer.Written.ToArray();
    }

    /// <summary>Gives the writer back, in whatever state it is.</summary>
    public void GiveBack()
    {
        Json.Reset();
        _buffer.GiveBack();
        _kept = this;
    }
}
