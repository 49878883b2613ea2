using Microsoft.Extensions.DependencyInjection;

namespace VllmAdapter.Tests.DependencyInjection;

/// <summary>Whoever asks for an <see cref="IVllmChat"/> gets the adapter, or what was put in its place.</summary>
public sealed class RegisteredChatTests
{
    private readonly ServiceCollection _services = new();

    [Fact]
    public async Task The_chat_is_the_adapter_itself()
    {
        _services.AddVllmAdapter(Address);
        await using ServiceProvider provider = _services.BuildServiceProvider(validateScopes: true);

        provider.GetRequiredService<IVllmChat>().Should().BeSameAs(provider.GetRequiredService<VllmInferenceAdapter>());
    }

    [Fact]
    public async Task Of_named_adapters_it_has_the_same_key()
    {
        _services.AddVllmAdapter("chat", Address);
        _services.AddVllmAdapter("batch", Address);
        await using ServiceProvider provider = _services.BuildServiceProvider(validateScopes: true);

        foreach (string name in new[] { "chat", "batch" })
            provider.GetRequiredKeyedService<IVllmChat>(name).Should().BeSameAs(provider.GetRequiredKeyedService<VllmInferenceAdapter>(name));
        provider.GetService<IVllmChat>().Should().BeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_decorator_takes_its_place_whenever_it_is_registered(bool before)
    {
        var other = new Canned();
        if (before)
            _services.AddSingleton<IVllmChat>(other);
        _services.AddVllmAdapter(Address);
        if (!before)
            _services.AddSingleton<IVllmChat>(other);
        await using ServiceProvider provider = _services.BuildServiceProvider();

        provider.GetRequiredService<IVllmChat>().Should().BeSameAs(other);
        provider.GetRequiredService<VllmInferenceAdapter>().Should().NotBeNull();
    }

    [Fact]
    public async Task The_container_disposes_the_adapter_with_itself()
    {
        _services.AddVllmAdapter(Address);
        ServiceProvider provider = _services.BuildServiceProvider();
        var adapter = provider.GetRequiredService<IVllmChat>();

        await provider.DisposeAsync();

        await adapter.Awaiting(a => a.CompleteChatAsync(ChatRequest.FromPrompt("Hello."))).Should().ThrowAsync<ObjectDisposedException>().WithMessage("The adapter is disposed*");
    }

    private static void Address(VllmAdapterOptions options) => options.Endpoint = new Uri("http://vllm.test");

    private sealed class Canned : IVllmChat
    {
        public ChatStream StreamChatAsync(ChatRequest request, CancellationToken cancellationToken = default) => ChatStream.Of(ChatAnswer.Of("Calm."));
    }
}
