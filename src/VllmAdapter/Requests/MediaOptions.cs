using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>How images, audio and video in the messages are read and processed.</summary>
public sealed record MediaOptions
{
    /// <summary>
    /// How media files are read, by kind: <c>{"video": {"num_frames": 16}}</c> (<c>media_io_kwargs</c>, vLLM 0.18 and
    /// later).
    /// </summary>
    public JsonObject? Reading { get; init; }

    /// <summary>
    /// What the model's processor is called with (<c>mm_processor_kwargs</c>); newer servers want
    /// <c>--trust-request-mm-kwargs</c> for it.
    /// </summary>
    public JsonObject? Processing { get; init; }
}
