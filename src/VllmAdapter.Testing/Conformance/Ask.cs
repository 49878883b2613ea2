namespace VllmAdapter.Testing;

/// <summary>What the scenarios ask.</summary>
internal static class Ask
{
    public static ChatRequest Text { get; } = new() { Messages = [VllmMessage.User("Tell me about llamas.")], MaxTokens = 200 };

    public static ChatRequest Tools { get; } = Text with
    {
        Messages = [VllmMessage.User("Give me a random number, please.")],
        Tools =
        [
            new ToolDefinition("get_random_number", "Returns a random number.", """{"type": "object", "properties": {}}"""),
            new ToolDefinition(
                "get_weather", "Weather of a city.",
                """{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}"""),
            new ToolDefinition(
                "save_plan", "Saves a plan.",
                """{"type": "object", "properties": {"title": {"type": "string"}, "urgent": {"type": "boolean"}}, "required": ["title"]}"""),
        ],
    };

    public static ChatRequest Weather { get; } = Tools with { ToolChoice = ToolChoice.Named("get_weather") };

    public static ChatRequest AnyTool { get; } = Tools with { ToolChoice = ToolChoice.Required };

    public static ChatRequest Two { get; } = Text with { ChoiceCount = 2 };

    public static ChatRequest Whole { get; } = Tools with { Stream = false };

    public static ChatRequest CappedAt(this ChatRequest request, int tokens) => request with { MaxTokens = tokens };
}
