namespace VllmAdapter.Server;

/// <summary>One line of a server's metrics.</summary>
/// <param name="Name">The metric's name, such as <c>vllm:num_requests_running</c>.</param>
/// <param name="Labels">What distinguishes it from others of the same name: <c>model_name</c>, <c>engine</c>, <c>finished_reason</c>, <c>le</c>.</param>
/// <param name="Value">Its value; counters count since the server's start.</param>
public sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
