using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>A delegate as a tool: its parameters make the schema, a call's arguments are read into them.</summary>
[RequiresUnreferencedCode("Parameters are found by reflection.")]
[RequiresDynamicCode("Parameters are found by reflection.")]
internal sealed class DelegateTool
{
    private readonly Delegate _handler;
    private readonly JsonSerializerOptions _serializer;
    private readonly Parameter[] _parameters;

    public DelegateTool(Delegate handler, JsonSerializerOptions? serializer)
    {
        (_handler, _serializer) = (handler, ReflectedJson.Or(serializer));
        var nullability = new NullabilityInfoContext();
        _parameters = [.. handler.Method.GetParameters().Select(parameter => Parameter.Of(parameter, nullability))];
    }

    public JsonObject Schema
    {
        get
        {
            var properties = new JsonObject();
            var required = new JsonArray();
            foreach (Parameter parameter in _parameters.Where(parameter => parameter.IsArgument))
            {
                properties[parameter.Name] = SchemaOf(parameter);
                if (parameter.IsRequired)
                    required.Add((JsonNode)parameter.Name);
            }

            var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
            if (required.Count > 0)
                schema["required"] = required;

            return schema;
        }
    }

    public ToolInvocation Bind(ToolCall call)
    {
        using JsonDocument arguments = JsonDocument.Parse(call.Arguments, JsonText.Parsing);
        object?[] values = [.. _parameters.Select(parameter => Read(parameter, arguments.RootElement, call))];
        return cancellationToken => RunAsync(values, cancellationToken);
    }

    public static string? DescriptionOf(Delegate method) => method.Method.GetCustomAttribute<DescriptionAttribute>()?.Description;

    public static string NameOf(Delegate method)
    {
        string name = method.Method.Name;

        // The compiler calls a local function "<Outer>g__Name|0_1".
        int local = name.IndexOf(">g__", StringComparison.Ordinal);
        if (local >= 0)
            name = name[(local + 4)..name.IndexOf('|', local)];

        if (name.StartsWith('<'))
            throw new ArgumentException("A lambda has no name. Give one: Tool.From(\"name\", \"description\", handler).", nameof(method));

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
        catch (JsonException misfit)
        {
            // The serializer's own words name .NET types, of which the model knows nothing.
            string place = misfit.Path is null or "$" ? "" : $" at {misfit.Path}";
            throw new JsonException($"The argument '{parameter.Name}' does not fit{place}: it must be {SchemaOf(parameter).ToJsonString()}.", misfit);
        }
    }

    private async Task<string> RunAsync(object?[] values, CancellationToken cancellationToken)
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

        (object? result, Type type) = await AwaitAsync(returned).ConfigureAwait(false);
        return result switch
        {
            _ when type == typeof(void) => "done",
            string text => text,
            _ => JsonSerializer.Serialize(result, type, _serializer),
        };
    }

    private async Task<(object? Result, Type Type)> AwaitAsync(object? returned)
    {
        Type declared = _handler.Method.ReturnType;
        if (declared.IsGenericType && declared.GetGenericTypeDefinition() == typeof(ValueTask<>))
            returned = declared.GetMethod(nameof(ValueTask<>.AsTask))!.Invoke(returned, null);

        switch (returned)
        {
            case ValueTask task:
                await task.ConfigureAwait(false);
                return (null, typeof(void));

            case Task task:
                await task.ConfigureAwait(false);
                return declared.IsGenericType
                    ? (task.GetType().GetProperty(nameof(Task<>.Result))!.GetValue(task), declared.GetGenericArguments()[0])
                    : (null, typeof(void));

            default:
                return (returned, declared);
        }
    }

    private JsonObject SchemaOf(Parameter parameter) => TypeSchema.Of(parameter.Declared, parameter.IsNullable, _serializer);

    private sealed record Parameter(ParameterInfo Declared, string Name, bool IsNullable)
    {
        public bool IsArgument => Declared.ParameterType != typeof(CancellationToken) && Declared.ParameterType != typeof(ToolCall);

        public bool IsRequired => !Declared.HasDefaultValue;

        public static Parameter Of(ParameterInfo parameter, NullabilityInfoContext nullability) => new(
            parameter,
            parameter.Name ?? throw new ArgumentException("Every parameter of a tool needs a name.", nameof(parameter)),
            Nullable.GetUnderlyingType(parameter.ParameterType) is not null
                || (!parameter.ParameterType.IsValueType && nullability.Create(parameter).WriteState == NullabilityState.Nullable));
    }
}
