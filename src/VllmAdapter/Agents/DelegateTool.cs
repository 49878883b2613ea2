using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Agents;

/// <summary>A delegate as a tool: its parameters make the schema, a call's arguments are read into them.</summary>
[RequiresUnreferencedCode("Parameters are found by reflection.")]
[RequiresDynamicCode("Parameters are found by reflection.")]
internal sealed class DelegateTool
{
    private readonly Delegate _handler;
    private readonly JsonSerializerOptions _serializer;
    private readonly Parameter[] _parameters;
    private readonly JsonElement _schema;

    public DelegateTool(Delegate handler, JsonSerializerOptions? serializer)
    {
        (_handler, _serializer) = (handler, ReflectedJson.Or(serializer));
        if (AwaitedResult.Obstacle(handler.Method.ReturnType) is { } obstacle)
            throw new ArgumentException($"The method cannot be a tool: {obstacle}.", nameof(handler));

        if (handler.Method.GetParameters().Any(parameter => parameter.Name is null))
            throw new ArgumentException("Every parameter of a tool needs a name.", nameof(handler));

        var nullability = new NullabilityInfoContext();
        _parameters = [.. handler.Method.GetParameters().Select(parameter => Parameter.Of(parameter, nullability, _serializer))];
        Schema = SchemaOf(_parameters);
        _schema = JsonSchemaText.From(Schema, nameof(handler));
    }

    public JsonObject Schema { get; }

    public ToolInvocation Bind(ToolCall call)
    {
        using JsonDocument document = JsonDocument.Parse(call.Arguments, JsonText.Parsing);
        JsonElement arguments = FittedArguments.Of(document.RootElement, _schema);
        object?[] values = [.. _parameters.Select(parameter => Read(parameter, arguments, call))];
        return cancellationToken => RunAsync(values, cancellationToken);
    }

    public static string? DescriptionOf(Delegate handler) => handler.Method.GetCustomAttribute<DescriptionAttribute>()?.Description;

    public static string NameOf(Delegate handler)
    {
        string name = handler.Method.Name;

        // The compiler calls a local function "<Outer>g__Name|0_1".
        int local = name.IndexOf(">g__", StringComparison.Ordinal);
        if (local >= 0)
            name = name[(local + 4)..name.IndexOf('|', local)];

        if (name.StartsWith('<'))
            throw new ArgumentException("A lambda has no name. Give one: Tool.From(\"name\", \"description\", handler).", nameof(handler));

        return name.Length > 5 && name.EndsWith("Async", StringComparison.Ordinal) ? name[..^5] : name;
    }

    private object? Read(Parameter parameter, JsonElement arguments, ToolCall call)
    {
        if (parameter.Declared.ParameterType == typeof(ToolCall))
            return call;

        if (!parameter.IsArgument)
            return null;

        if (!arguments.TryGetProperty(parameter.Name, out JsonElement value))
        {
            return parameter.IsRequired
                ? throw new JsonException($"The required argument '{parameter.Name}' is missing.")
                : TypeSchema.DefaultOf(parameter.Declared);
        }

        if (value.ValueKind == JsonValueKind.Null && !parameter.IsNullable)
            throw new JsonException($"The argument '{parameter.Name}' must not be null.");

        try
        {
            return value.Deserialize(parameter.Declared.ParameterType, _serializer);
        }
        catch (Exception misfit) when (misfit is JsonException or NotSupportedException)
        {
            // The serializer's own words name .NET types, of which the model knows nothing.
            string place = misfit is JsonException { Path: { } path and not "$" } ? $" at {path}" : "";
            throw new JsonException($"The argument '{parameter.Name}' does not fit{place}: it must be {parameter.Schema!.ToJsonString()}.", misfit);
        }
    }

    private static JsonObject SchemaOf(IEnumerable<Parameter> parameters)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (Parameter parameter in parameters.Where(parameter => parameter.IsArgument))
        {
            properties[parameter.Name] = parameter.Schema!.DeepClone();
            if (parameter.IsRequired)
                required.Add((JsonNode)parameter.Name);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0)
            schema["required"] = required;

        return schema;
    }

    private async Task<ToolOutput> RunAsync(object?[] values, CancellationToken cancellationToken)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (_parameters[i].Declared.ParameterType == typeof(CancellationToken))
                values[i] = cancellationToken;
        }

        object? returned;
        try
        {
            returned = _handler.DynamicInvoke(values);
        }
        catch (TargetInvocationException thrown) when (thrown.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Throw(inner);
            throw;
        }

        (object? result, Type type) = await AwaitedResult.OfAsync(returned, _handler.Method.ReturnType).ConfigureAwait(false);
        return result switch
        {
            _ when type == typeof(void) => ToolOutput.Of("done"),
            string text => ToolOutput.Of(text),
            ContentPart part => ToolOutput.Of([part]),
            IEnumerable<ContentPart> parts => ToolOutput.Of([.. parts]),
            _ => ToolOutput.Of(JsonSerializer.Serialize(result, type, _serializer)),
        };
    }

    /// <param name="Declared">The parameter of the delegate.</param>
    /// <param name="Name">Its name, which is the argument's.</param>
    /// <param name="IsNullable">Whether null may be handed in.</param>
    /// <param name="Schema">What the model is told of it; null for what is handed in and not shown.</param>
    private sealed record Parameter(ParameterInfo Declared, string Name, bool IsNullable, JsonObject? Schema)
    {
        public bool IsArgument => Schema is not null;

        public bool IsRequired => !Declared.HasDefaultValue;

        [RequiresUnreferencedCode("The schema of a parameter is made by reflection.")]
        [RequiresDynamicCode("The schema of a parameter is made by reflection.")]
        public static Parameter Of(ParameterInfo parameter, NullabilityInfoContext nullability, JsonSerializerOptions serializer)
        {
            string name = parameter.Name!;
            Type type = parameter.ParameterType;
            if (type == typeof(CancellationToken) || type == typeof(ToolCall))
                return new Parameter(parameter, name, IsNullable: false, Schema: null);

            if (type.IsByRef || type.IsPointer || type.IsByRefLike)
                throw TypeSchema.Unreadable(type, $"the parameter '{name}' is a reference");

            bool isNullable = Nullable.GetUnderlyingType(type) is not null
                || (!type.IsValueType && nullability.Create(parameter).WriteState == NullabilityState.Nullable);
            JsonObject schema = TypeSchema.Of(parameter, isNullable, serializer);
            return new Parameter(parameter, name, isNullable || TypeSchema.TakesNull(schema, type), schema);
        }
    }
}
