using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace VllmAdapter.Tests.DependencyInjection;

/// <summary>What a section of the configuration may say, and what is said of the rest.</summary>
public sealed class SettingsFromConfigurationTests
{
    [Theory]
    [InlineData("Modell", "granite", "Vllm:Modell is not a setting of the adapter. Did you mean Model?")]
    [InlineData("TimeLimits:FirstToken", "00:01:00", "Vllm:TimeLimits:FirstToken is not a setting of the adapter. Did you mean TimeLimits:FirstChunk?")]
    [InlineData("Resilience:CircuitBreaker:Ratio", "0.5", "Vllm:Resilience:CircuitBreaker:Ratio is not a setting of the adapter. Did you mean Resilience:CircuitBreaker:FailureRatio?")]
    [InlineData("Something:Else", "1", "Vllm:Something is not a setting of the adapter.")]
    [InlineData("Termination", "OnSentinel", "Vllm:Termination cannot be set by configuration; set it in code.")]
    [InlineData("TimeLimits:FirstChunk", "60", "Vllm:TimeLimits:FirstChunk is \"60\", which would be that many days. Write hours, minutes and seconds, such as 00:01:30.")]
    [InlineData("Resilience:MaxDelay", "5", "Vllm:Resilience:MaxDelay is \"5\", which would be that many days. Write hours, minutes and seconds, such as 00:01:30.")]
    [InlineData("TimeLimits:FirstChunk", "soon", "Failed to convert configuration value*'Vllm:TimeLimits:FirstChunk'*")]
    public async Task A_setting_that_is_none_stops_the_host_with_its_name_and_the_adapters(string setting, string value, string problem)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddVllmAdapter("batch", Section((setting, value)));
        using IHost host = builder.Build();

        OptionsValidationException thrown = (await host.Awaiting(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).Which;

        thrown.Failures.Should().ContainSingle().Which.Should().Match($"Adapter \"batch\": {problem}");
    }

    [Fact]
    public void Every_mistake_is_named_at_once()
    {
        using ServiceProvider provider = new ServiceCollection().AddVllmAdapter(Section(("Modell", "granite"), ("Api", "key"))).Services.BuildServiceProvider();

        provider.Invoking(p => p.GetRequiredService<VllmInferenceAdapter>()).Should().Throw<OptionsValidationException>()
            .Which.Failures.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("MODEL", "granite")]
    [InlineData("apikey", "")]
    [InlineData("timelimits:total", "-00:00:00.0010000")]
    public void Names_are_read_in_any_case_and_an_empty_key_is_none(string setting, string value)
    {
        using ServiceProvider provider = new ServiceCollection().AddVllmAdapter(Section((setting, value))).Services.BuildServiceProvider();

        provider.Invoking(p => p.GetRequiredService<VllmInferenceAdapter>()).Should().NotThrow();
    }

    [Fact]
    public void The_list_of_names_holds_every_setting_that_text_can_say()
    {
        SettingNames.All.Should().BeEquivalentTo(NamesOf(typeof(VllmAdapterOptions), ""));

        static IEnumerable<string> NamesOf(Type type, string above)
        {
            foreach (PropertyInfo property in type.GetProperties().Where(property => property.CanWrite))
            {
                Type value = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
                bool isGroup = value.Assembly == typeof(VllmAdapterOptions).Assembly && value.IsClass;
                if (!isGroup && !value.IsValueType && value != typeof(string) && value != typeof(Uri))
                    continue;

                yield return above + property.Name;
                foreach (string inner in isGroup ? NamesOf(value, $"{above}{property.Name}:") : [])
                    yield return inner;
            }
        }
    }

    private static IConfigurationSection Section(params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection([new("Vllm:Endpoint", "http://localhost:8000"), .. settings.Select(setting => KeyValuePair.Create($"Vllm:{setting.Name}", (string?)setting.Value))])
        .Build().GetSection("Vllm");
}
