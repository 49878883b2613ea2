using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>How images, audio and video in the messages are read and processed.</summary>
public sealed record MediaOptions
{
    private readonly EqualJson _reading;
    private readonly EqualJson _processing;

    /// <summary>
    /// How media files are read, by kind: <c>{"video": {"num_frames": 16}}</c> (<c>media_io_kwargs</c>, vLLM 0.18 and
    /// later).
    /// </summary>
    public JsonObject? Reading { get => _reading.Json; init => _reading = new(value); }

    /// <summary>
    /// What the model's processor is called with (<c>mm_processor_kwargs</c>); newer servers want
    /// <c>--trust-request-mm-kwargs</c> for it.
    /// </summary>
    public JsonObject? Processing { get => _processing.Json; init => _processing = new(value); }
}
