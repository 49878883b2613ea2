using Microsoft.Extensions.Logging;
using VllmAdapter.Testing;

namespace VllmAdapter.WireTests;

public sealed class OwnClientTests
{
    [Fact]
    public async Task An_adapter_with_a_client_of_its_own_logs_where_it_is_told_to()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(Script.Says("Calm.").Done());
        var log = new Lines();

        await new VllmInferenceAdapter(vllm.Endpoint, logger: log).CompleteChatAsync("How are llamas?");

        log.Written.Should().ContainSingle(line => line.Contains("Unconfirmed", StringComparison.Ordinal));
    }

    private sealed class Lines : ILogger<VllmInferenceAdapter>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
