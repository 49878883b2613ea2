using System.Text.Json;

namespace VllmAdapter.Tests.Outcomes;

/// <summary>The tools that the scenarios' requests declare.</summary>
internal static class Offered
{
    /// <summary>Requires both of its parameters.</summary>
    public static ToolSignature SavePlan { get; } = Tool("save_plan", """
        {"type": "object", "properties": {"title": {"type": "string"}, "steps": {"type": "array"}}, "required": ["title", "steps"]}
        """);

    /// <summary>Requires its parameter.</summary>
    public static ToolSignature GetWeather { get; } = Tool("get_weather", """
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        """);

    /// <summary>Takes a parameter, and requires none.</summary>
    public static ToolSignature ListFiles { get; } = Tool("list_files", """
        {"type": "object", "properties": {"folder": {"type": "string"}}}
        """);

    /// <summary>Takes no parameters.</summary>
    public static ToolSignature GetRandomNumber { get; } = Tool("get_random_number", """{"type": "object", "properties": {}}""");

    /// <summary>Names no parameter that it requires, but its schema is composed: one of two is required all the same.</summary>
    public static ToolSignature FindPerson { get; } = Tool("find_person", """
        {"type": "object", "properties": {"name": {"type": "string"}, "id": {"type": "integer"}},
         "anyOf": [{"required": ["name"]}, {"required": ["id"]}]}
        """);

    private static ToolSignature Tool(string name, string schema) => ToolSignature.From(name, JsonElement.Parse(schema));
}
