using System.Globalization;
using System.Text;

namespace VllmAdapter.Testing;

/// <summary>The part of vLLM's Prometheus text that a client may care about.</summary>
internal static class Metrics
{
    public static string Write(VllmProfile profile, string model, Engine engine)
    {
        var text = new StringBuilder();

        // 0.8.5 has no label for the engine, and calls the cache the GPU's.
        string labels = profile.HasFlatErrors ? $"model_name=\"{model}\"" : $"engine=\"0\",model_name=\"{model}\"";
        string cache = profile.HasFlatErrors ? "vllm:gpu_cache_usage_perc" : "vllm:kv_cache_usage_perc";
        Gauge("vllm:num_requests_running", "Number of requests in model execution batches.", engine.Running);
        Gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.", engine.Waiting);
        Gauge(cache, "KV-cache usage. 1 means 100 percent usage.", 0);
        Counter("vllm:prompt_tokens_total", "Number of prefill tokens processed.", engine.PromptTokens);
        Counter("vllm:generation_tokens_total", "Number of generation tokens processed.", engine.GeneratedTokens);

        // An aborted request is in no counter of successes (recorded of 0.32.0).
        Counter("vllm:request_success_total", "Count of successfully processed requests.", engine.Completed, ",finished_reason=\"stop\"");
        return text.ToString();

        void Gauge(string name, string help, long value) => Sample(name, help, "gauge", value, "");

        void Counter(string name, string help, long value, string more = "") => Sample(name, help, "counter", value, more);

        void Sample(string name, string help, string type, long value, string more) => text.Append(
            CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name}{{{labels}{more}}} {value}.0\n");
    }
}
