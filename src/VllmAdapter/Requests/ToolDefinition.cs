using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>A tool that the model may call.</summary>
/// <example>
/// <code>
/// var weather = new ToolDefinition("get_weather", "Weather of a city.",
///     """{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}""");
/// </code>
/// </example>
public sealed record ToolDefinition
{
    /// <summary>A tool to be filled in by an object initializer.</summary>
    public ToolDefinition()
    {
    }

    /// <summary>
    /// A tool that takes no arguments, or whose <see cref="Parameters"/> are set by an object initializer.
    /// </summary>
    /// <param name="name">The name by which the model calls it.</param>
    /// <param name="description">What it does and when to use it, for the model to read.</param>
    [SetsRequiredMembers]
    public ToolDefinition(string name, string? description = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (Name, Description) = (name, description);
    }

    /// <summary>A tool whose parameters are given as the text of a JSON schema.</summary>
    /// <param name="name">The name by which the model calls it.</param>
    /// <param name="description">What it does and when to use it, for the model to read.</param>
    /// <param name="parameters">The JSON schema of the argument object.</param>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> is not a JSON object.</exception>
    [SetsRequiredMembers]
    public ToolDefinition(
        string name, string? description, [StringSyntax(StringSyntaxAttribute.Json)] string parameters)
        : this(name, description) => Parameters = JsonSchemaText.Parse(parameters, nameof(parameters));

    /// <summary>A tool whose parameters are given as a JSON schema, for example by JsonSchemaExporter.</summary>
    /// <param name="name">The name by which the model calls it.</param>
    /// <param name="description">What it does and when to use it, for the model to read.</param>
    /// <param name="parameters">The JSON schema of the argument object; copied.</param>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> is not a JSON object.</exception>
    [SetsRequiredMembers]
    public ToolDefinition(string name, string? description, JsonNode parameters)
        : this(name, description) => Parameters = JsonSchemaText.From(parameters, nameof(parameters));

    /// <summary>The name by which the model calls the tool.</summary>
    public required string Name { get; init; }

    /// <summary>What the tool does and when to use it, for the model to read.</summary>
    /// <value>Null (default): not sent.</value>
    public string? Description { get; init; }

    /// <summary>The JSON schema of the argument object.</summary>
    /// <value>Null (default): not sent, the tool takes no arguments.</value>
    public JsonElement? Parameters { get; init; }

    /// <summary>Whether the server holds the arguments to the schema, where its tool parser can.</summary>
    /// <value>Null (default): not sent.</value>
    public bool? Strict { get; init; }

    /// <inheritdoc/>
    public bool Equals(ToolDefinition? other) =>
        other is not null && (Name, Description, Strict) == (other.Name, other.Description, other.Strict) && EqualJson.AreEqual(Parameters, other.Parameters);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Description, Strict);
}
