using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace VllmAdapter.Agents;

/// <summary>A delegate as a tool: its parameters make the schema, a call's arguments are read into them.</summary>
[RequiresUnreferencedCode("Parameters are found by reflection.")]
[RequiresDynamicCode("Parameters are found by reflection.")]
internal sealed class DelegateTool
{
    private readonly Delegate _handler;
    private readonly JsonSerializerOptions _serializer;
    private readonly DelegateParameter[] _parameters;
    private readonly JsonElement _schema;

    public DelegateTool(Delegate handler, JsonSerializerOptions? serializer)
    {
        (_handler, _serializer) = (handler, ReflectedJson.Or(serializer));
        if (AwaitedResult.Obstacle(handler.Method.ReturnType) is { } obstacle)
            throw new ArgumentException($"The method cannot be a tool: {obstacle}.", nameof(handler));

        if (handler.Method.GetParameters().Any(parameter => parameter.Name is null))
            throw new ArgumentException("Every parameter of a tool needs a name.", nameof(handler));

        var nullability = new NullabilityInfoContext();
        _parameters = [.. handler.Method.GetParameters().Select(parameter => DelegateParameter.Of(parameter, nullability, _serializer))];
        Schema = SchemaOf(_parameters);
        _schema = JsonSchemaText.From(Schema, nameof(handler));
    }

    public JsonObject Schema { get; }

    /// <summary>A parameter that comes from services; null if there is none.</summary>
    public string? ServiceParameter => _parameters.FirstOrDefault(parameter => parameter.Source == ParameterSource.Services)?.Name;

    public ToolInvocation Bind(ToolCall call, IServiceProvider? services)
    {
        using JsonDocument document = JsonDocument.Parse(call.Arguments, JsonText.Parsing);
        JsonElement arguments = FittedArguments.Of(document.RootElement, _schema);
        object?[] values = [.. _parameters.Select(parameter => parameter.Source switch
        {
            ParameterSource.Call => call,
            ParameterSource.Argument => parameter.Read(arguments, _serializer),
            _ => null,
        })];
        ArgumentCheck.ThrowIfUnfit(arguments, _schema);
        return ServiceParameter is null
            ? cancellationToken => RunAsync(values, services: null, cancellationToken)
            : cancellationToken => RunInScopeAsync(values, services, cancellationToken);
    }

    private static JsonObject SchemaOf(IEnumerable<DelegateParameter> parameters)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (DelegateParameter parameter in parameters.Where(parameter => parameter.Source == ParameterSource.Argument))
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

    private async Task<ToolOutput> RunInScopeAsync(object?[] values, IServiceProvider? services, CancellationToken cancellationToken)
    {
        if (services is null)
            throw new InvalidOperationException($"The parameter '{ServiceParameter}' comes from services, and there are none. Pass an IServiceProvider.");

        AsyncServiceScope? scope = HandlerServices.ScopeOf(services);
        try
        {
            return await RunAsync(values, scope?.ServiceProvider ?? services, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (scope is { } made)
                await made.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<ToolOutput> RunAsync(object?[] values, IServiceProvider? services, CancellationToken cancellationToken)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (_parameters[i].Source == ParameterSource.Cancellation)
                values[i] = cancellationToken;
            else if (_parameters[i].Source == ParameterSource.Services)
                values[i] = HandlerServices.Resolve(_parameters[i].Declared, _parameters[i].IsNullable, services!);
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
}
