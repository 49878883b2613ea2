namespace Playground;

/// <summary>What the page asks.</summary>
/// <param name="Visitor">Who asks: an id that the page made up.</param>
/// <param name="Text">What is asked.</param>
/// <param name="Tools">Whether the model may call tools.</param>
/// <param name="Reasoning">Whether the model is to reason first.</param>
/// <param name="Typed">Whether the answer is to be JSON of a type.</param>
/// <param name="MaxTokens">The most tokens of an answer.</param>
/// <param name="Fault">What the scripted server is to do wrong; of no meaning to a real one.</param>
/// <param name="AskAgain">Whether a turn that broke is asked again.</param>
/// <param name="Server">The address of a real server to ask instead; null or empty for the page's own.</param>
/// <param name="Model">Its model; null or empty lets it choose.</param>
internal sealed record Question(
    string Visitor,
    string Text,
    bool Tools = false,
    bool Reasoning = false,
    bool Typed = false,
    int MaxTokens = 500,
    string Fault = "none",
    bool AskAgain = false,
    string? Server = null,
    string? Model = null);
