namespace VllmAdapter.Tool.Check;

/// <summary>What the model is asked. Short, harmless, and the same at every run.</summary>
internal static class Questions
{
    private static readonly SamplingOptions Steady = new() { Temperature = 0, Seed = 7 };

    private static readonly ToolDefinition RandomNumber = new("get_random_number", "Returns a random number.", """{"type": "object", "properties": {}}""");

    private static readonly ToolDefinition Weather = new(
        "get_weather", "Tells the weather of a city.",
        """{"type": "object", "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}}, "required": ["city"]}""");

    private static readonly ToolDefinition Plan = new(
        "save_plan", "Saves a plan with all its steps.",
        """{"type": "object", "properties": {"title": {"type": "string"}, "steps": {"type": "array", "items": {"type": "string"}}}, "required": ["title", "steps"]}""");

    public static ChatRequest Hello { get; } = Ask("Say hello in one short sentence.", 256);

    public static ChatRequest Count { get; } = Ask("Count from 1 to 40 in digits, separated by commas, and write nothing else.", 200);

    public static ChatRequest Dice { get; } = Ask("Give me a random number. Use the tool.", 256) with { Tools = [RandomNumber, Weather] };

    public static ChatRequest Paris { get; } = Ask("What is the weather in Paris? Use the tool.", 256) with { Tools = [RandomNumber, Weather] };

    public static ChatRequest TwoCities { get; } =
        Ask("What is the weather in Paris, and what is it in Rome? Call the tool once for each city.", 256) with { Tools = [RandomNumber, Weather] };

    /// <summary>A call that is longer than any of the caps.</summary>
    public static ChatRequest LongCall { get; } =
        Ask("Save a plan of ten steps for a trip through Italy. Title: A trip through Italy and its islands. Use the tool.", 256) with { Tools = [Plan] };

    public static ChatRequest Drawn(this ChatRequest request) => request with { Sampling = new SamplingOptions { Temperature = 0.7, Seed = 7 } };

    public static ChatRequest Whole(this ChatRequest request) => request with { Stream = false };

    public static ChatRequest CappedAt(this ChatRequest request, int tokens) => request with { MaxTokens = tokens };

    public static ChatRequest Must(this ChatRequest request) => request with { ToolChoice = ToolChoice.Required };

    public static ChatRequest MustUse(this ChatRequest request, string tool) => request with { ToolChoice = ToolChoice.Named(tool) };

    public static ChatRequest Ask(string question, int maxTokens) => ChatRequest.FromPrompt(question) with { MaxTokens = maxTokens, Sampling = Steady };
}
