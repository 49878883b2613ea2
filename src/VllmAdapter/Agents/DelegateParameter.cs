using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Agents;

/// <summary>A parameter of a handler, and where its value comes from.</summary>
/// <param name="Declared">The parameter of the delegate.</param>
/// <param name="Name">Its name, which is the argument's.</param>
/// <param name="Source">Where its value comes from.</param>
/// <param name="IsNullable">Whether null may be handed in.</param>
/// <param name="Schema">What the model is told of it; null for what does not come from the model.</param>
[RequiresUnreferencedCode("The schema of a parameter is made by reflection.")]
[RequiresDynamicCode("The schema of a parameter is made by reflection.")]
internal sealed record DelegateParameter(ParameterInfo Declared, string Name, ParameterSource Source, bool IsNullable, JsonObject? Schema)
{
    public bool IsRequired { get; } = !Declared.HasDefaultValue || Declared.IsDefined(typeof(RequiredAttribute));

    public static DelegateParameter Of(ParameterInfo parameter, NullabilityInfoContext nullability, JsonSerializerOptions serializer)
    {
        string name = parameter.Name!;
        Type type = parameter.ParameterType;
        if (type == typeof(CancellationToken))
            return new DelegateParameter(parameter, name, ParameterSource.Cancellation, IsNullable: false, Schema: null);
        if (type == typeof(ToolCall))
            return new DelegateParameter(parameter, name, ParameterSource.Call, IsNullable: false, Schema: null);

        if (type.IsByRef || type.IsPointer || type.IsByRefLike)
            throw TypeSchema.Unreadable(type, $"the parameter '{name}' is a reference");

        bool isNullable = Nullable.GetUnderlyingType(type) is not null
            || (!type.IsValueType && nullability.Create(parameter).WriteState == NullabilityState.Nullable);
        if (HandlerServices.Fill(parameter))
            return new DelegateParameter(parameter, name, ParameterSource.Services, isNullable, Schema: null);

        bool mayBeNull = isNullable && !parameter.IsDefined(typeof(RequiredAttribute));
        JsonObject schema = TypeSchema.Of(parameter, mayBeNull, serializer);
        return new DelegateParameter(parameter, name, ParameterSource.Argument, mayBeNull || (!isNullable && TypeSchema.TakesNull(schema, type)), schema);
    }

    /// <summary>The value that the model gave.</summary>
    /// <exception cref="JsonException">It does not fit, or is missing.</exception>
    public object? Read(JsonElement arguments, JsonSerializerOptions serializer)
    {
        if (!arguments.TryGetProperty(Name, out JsonElement value))
            return IsRequired ? throw new JsonException($"The required argument '{Name}' is missing.") : TypeSchema.DefaultOf(Declared);

        if (value.ValueKind == JsonValueKind.Null && !IsNullable)
            throw new JsonException($"The argument '{Name}' must not be null.");

        try
        {
            return value.Deserialize(Declared.ParameterType, serializer);
        }
        catch (Exception misfit) when (misfit is JsonException or NotSupportedException)
        {
            // The serializer's own words name .NET types, of which the model knows nothing.
            string place = misfit is JsonException { Path: { } path and not "$" } ? $" at {path}" : "";
            throw new JsonException($"The argument '{Name}' does not fit{place}: it must be {Schema!.ToJsonString()}.", misfit);
        }
    }
}

/// <summary>Where the value of a handler's parameter comes from.</summary>
internal enum ParameterSource
{
    /// <summary>The model.</summary>
    Argument = 1,

    /// <summary>The token of the run.</summary>
    Cancellation,

    /// <summary>The call itself.</summary>
    Call,

    /// <summary><see cref="ToolLoopOptions.Services"/>.</summary>
    Services,
}
