using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter;

/// <summary>A tool call that is ready: whole, and of a choice that was not cut. Also the call as it stands in the history.</summary>
/// <remarks>
/// Equal to another of the same <see cref="Id"/>, <see cref="Name"/> and <see cref="Arguments"/>: these are what is sent back in an
/// <see cref="AssistantMessage"/>, the others only say how the call came.
/// </remarks>
public sealed record ToolCall
{
    /// <summary>Makes a call to be filled in.</summary>
    public ToolCall()
    {
    }

    /// <summary>Makes a call, such as one of a history that was kept elsewhere.</summary>
    /// <param name="id">The id that the matching <see cref="ToolMessage"/> repeats.</param>
    /// <param name="name">The tool that was called.</param>
    /// <param name="arguments">The arguments: the text of one JSON object.</param>
    public ToolCall(string id, string name, string arguments)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(arguments);
        (Id, Name, Arguments) = (id, name, arguments);
    }

    /// <summary>The call's id; send it back with the result.</summary>
    public string Id { get; init; } = "";

    /// <summary>Whether the server sent no id and the adapter made this one up (vLLM 0.8.5 with a named tool choice).</summary>
    public bool IdIsSynthetic { get; init; }

    /// <summary>The tool's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The arguments: the text of one JSON object, <c>{}</c> if there are none.</summary>
    public string Arguments { get; init; } = "{}";

    /// <summary>The choice that it belongs to.</summary>
    public int ChoiceIndex { get; init; }

    /// <summary>
    /// What is wrong with it although it is complete: an undeclared tool, a missing required argument, an argument of the
    /// wrong type. Empty if nothing does. Answer the model with these instead.
    /// </summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(ToolCall? other) => other is not null && (Id, Name, Arguments) == (other.Id, other.Name, other.Arguments);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Name, Arguments);

    /// <summary>Name and id, not the arguments: what users and models write does not belong in logs.</summary>
    public override string ToString() => $"Call of {Name} ({Id})";

    /// <summary>Reads the arguments into a type.</summary>
    /// <param name="type">The type's metadata, from a source-generated context.</param>
    /// <typeparam name="T">The type of the arguments.</typeparam>
    /// <exception cref="JsonException">The arguments do not fit the type.</exception>
    public T? ArgumentsAs<T>(JsonTypeInfo<T> type) => JsonSerializer.Deserialize(Arguments, type);

    /// <summary>Reads the arguments into a type, whose members are found by reflection.</summary>
    /// <param name="serializer">How to read; by default in camel case, enums by name.</param>
    /// <typeparam name="T">The type of the arguments.</typeparam>
    /// <exception cref="JsonException">The arguments do not fit the type.</exception>
    [RequiresUnreferencedCode(ReflectedJson.UsesReflection)]
    [RequiresDynamicCode(ReflectedJson.UsesReflection)]
    public T? ArgumentsAs<T>(JsonSerializerOptions? serializer = null) => ArgumentsAs(ReflectedJson.TypeOf<T>(serializer));
}
