namespace VllmAdapter;

/// <summary>Whether and which tool the model has to call.</summary>
/// <remarks>An open set: <c>new ToolChoice("word")</c> sends a word that is not listed here.</remarks>
public readonly record struct ToolChoice
{
    /// <summary>A choice by the word that is sent.</summary>
    /// <param name="value">The word.</param>
    public ToolChoice(string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        Value = value;
    }

    private ToolChoice(string value, string function) => (Value, Function) = (value, function);

    /// <summary>The model decides. vLLM wants <c>--enable-auto-tool-choice</c> and a tool parser for it.</summary>
    public static ToolChoice Auto => new("auto");

    /// <summary>No call. The tools may still be shown to the model.</summary>
    public static ToolChoice None => new("none");

    /// <summary>At least one call (vLLM 0.8.3 and later).</summary>
    public static ToolChoice Required => new("required");

    /// <summary>The word that is sent; "function" for a named tool.</summary>
    public string Value => field ?? "";

    /// <summary>The tool that has to be called, if one is named.</summary>
    public string? Function { get; }

    /// <summary>A call of this tool and no other. Not to be combined with <see cref="StructuredOutput"/>.</summary>
    /// <param name="function">The name of one of the request's tools.</param>
    public static ToolChoice Named(string function)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(function);
        return new ToolChoice("function", function);
    }

    /// <summary>The word, or the name of the tool.</summary>
    public override string ToString() => Function ?? Value;
}
