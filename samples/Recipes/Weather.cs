using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>What the models of the recipes ask for.</summary>
internal static class Weather
{
    public static Task<string> OfAsync(string city, Unit unit = Unit.Celsius, int days = 1) => Task.FromResult($"20 degrees {unit} in {city} for {days} days");

    /// <summary>Reaches a model that asks for the weather of Paris once.</summary>
    public static VllmInferenceAdapter AskedOnce() => FakeVllm.InMemory(
        Script.Model.Calls("get_weather", """{"city":"Paris","unit":"Celsius"}"""), Script.Model.Says("20 degrees.")).CreateAdapter();
}

internal sealed record Place(string City);

internal enum Unit
{
    Celsius = 1,
    Fahrenheit,
}
