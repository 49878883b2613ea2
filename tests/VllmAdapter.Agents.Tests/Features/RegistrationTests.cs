using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter.Extensions.AI;
using VllmAdapter.Testing;
using static VllmAdapter.Agents.Tests.ScriptedChat;

namespace VllmAdapter.Agents.Tests.Features;

/// <summary>The bridge in a service collection, with the middleware of Microsoft.Extensions.AI around it.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public async Task The_builder_of_Microsoft_Extensions_AI_takes_a_registered_adapter()
    {
        using var vllm = FakeVllm.InMemory(CallsWeather, Answers);
        var services = new ServiceCollection();
        services.AddSingleton(vllm.CreateAdapter());
        services.AddChatClient(provider => provider.GetRequiredService<VllmInferenceAdapter>().AsIChatClient()).UseFunctionInvocation();
        await using ServiceProvider provider = services.BuildServiceProvider();

        ChatResponse response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("Paris?", new ChatOptions { Tools = [Weather] });

        response.Text.Should().Be("It is sunny.");
    }

    [Fact]
    public async Task AddVllmChatClient_registers_it_without_middleware()
    {
        using var vllm = FakeVllm.InMemory(CallsWeather);
        var services = new ServiceCollection();
        services.AddSingleton(vllm.CreateAdapter()).AddVllmChatClient();
        await using ServiceProvider provider = services.BuildServiceProvider();

        ChatResponse response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("Paris?", new ChatOptions { Tools = [Weather] });

        response.FinishReason.Should().Be(ChatFinishReason.ToolCalls);
    }
}
