using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace VllmAdapter.Agents;

/// <summary>A tool that the model may call, and the code that runs when it does.</summary>
/// <remarks>Immutable and as thread-safe as its handler: a <see cref="ToolLoop"/> runs several calls at once.</remarks>
/// <example>
/// <code>
/// Tool[] tools =
/// [
///     Tool.From("random_number", "A random number.", () => "4"),
///     Tool.From("get_weather", "Weather of a city.", ([Description("Such as Paris")] string city, bool tomorrow = false) => ...),
///     Tool.From("save_plan", "Saves a travel plan.", PlanContext.Default.Plan, (plan, cancellationToken) => SaveAsync(plan, cancellationToken)),
/// ];
/// </code>
/// </example>
public sealed class Tool
{
    private const string UsesReflection =
        "Parameters are found by reflection. Where code is trimmed or compiled ahead of time, use an overload that takes JsonTypeInfo or no arguments.";

    private readonly Func<ToolCall, IServiceProvider?, ToolInvocation> _bind;

    /// <summary>A tool that reads its arguments itself.</summary>
    /// <param name="definition">What the model is told of it.</param>
    /// <param name="handler">Runs a call and gives back the text that the model is to see, often JSON.</param>
    public Tool(ToolDefinition definition, Func<ToolCall, CancellationToken, Task<string>> handler)
        : this(definition, Bound(handler))
    {
    }

    internal Tool(ToolDefinition definition, Func<ToolCall, ToolInvocation> bind)
        : this(definition, (call, _) => bind(call))
    {
    }

    private Tool(ToolDefinition definition, Func<ToolCall, IServiceProvider?, ToolInvocation> bind)
    {
        ArgumentNullException.ThrowIfNull(definition);
        (Definition, _bind) = (definition, bind);
    }

    /// <summary>What the model is told of the tool.</summary>
    public ToolDefinition Definition { get; }

    /// <summary>The name by which the model calls it.</summary>
    public string Name => Definition.Name;

    /// <summary>A parameter of the handler that comes from services; null if there is none.</summary>
    internal string? ServiceParameter { get; private init; }

    /// <summary>A tool that reads its arguments itself, and gives back more than text.</summary>
    /// <param name="definition">What the model is told of it.</param>
    /// <param name="handler">Runs a call and gives back what the model is to see: text, images and other parts, in order.</param>
    /// <remarks>The parts go into the tool message as they are; whether the model sees an image there is up to its chat template.</remarks>
    public static Tool Showing(ToolDefinition definition, Func<ToolCall, CancellationToken, Task<IReadOnlyList<ContentPart>>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return new Tool(definition, call => async cancellationToken => ToolOutput.Of(await handler(call, cancellationToken).ConfigureAwait(false)));
    }

    /// <summary>A tool that reads its arguments before it runs, so that what does not fit is told to the model, and does not count as run.</summary>
    /// <param name="definition">What the model is told of it. Arguments that its schema surely forbids are refused before <paramref name="bind"/> is called.</param>
    /// <param name="bind">
    /// Reads a call, with the services of the run (<see cref="ToolLoopOptions.Services"/>; null if there are none), and gives back what runs it:
    /// text, images and other parts, in order. A <see cref="JsonException"/> says what does not fit, in words for the model.
    /// </param>
    public static Tool Bound(ToolDefinition definition, Func<ToolCall, IServiceProvider?, Func<CancellationToken, Task<IReadOnlyList<ContentPart>>>> bind)
    {
        ArgumentNullException.ThrowIfNull(bind);
        return new Tool(definition, (call, services) =>
        {
            ToolArguments.ThrowIfForbidden(call, definition.Parameters);
            Func<CancellationToken, Task<IReadOnlyList<ContentPart>>> run = bind(call, services);
            return async cancellationToken => ToolOutput.Of(await run(cancellationToken).ConfigureAwait(false));
        });
    }

    /// <summary>A tool without arguments.</summary>
    /// <param name="name">The name by which the model calls it.</param>
    /// <param name="description">What it does and when to use it, for the model to read.</param>
    /// <param name="handler">Gives back the text that the model is to see.</param>
    public static Tool From(string name, string? description, Func<string> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return new Tool(WithoutParameters(name, description), (_, _) => Task.FromResult(handler()));
    }

    /// <inheritdoc cref="From(string, string?, Func{string})"/>
    public static Tool From(string name, string? description, Func<CancellationToken, Task<string>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return new Tool(WithoutParameters(name, description), (_, cancellationToken) => handler(cancellationToken));
    }

    /// <summary>A tool whose arguments are read into a type; for code that is trimmed or compiled ahead of time.</summary>
    /// <param name="name">The name by which the model calls it.</param>
    /// <param name="description">What it does and when to use it, for the model to read.</param>
    /// <param name="arguments">The type's metadata, from a source-generated context; the schema is made of it, <c>[Description]</c> included.</param>
    /// <param name="handler">Gives back the text that the model is to see.</param>
    /// <typeparam name="TArguments">A type whose properties are the arguments.</typeparam>
    /// <exception cref="ArgumentException">The type's JSON is not an object, or it cannot be read from JSON.</exception>
    public static Tool From<TArguments>(
        string name, string? description, JsonTypeInfo<TArguments> arguments, Func<TArguments, CancellationToken, Task<string>> handler)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(handler);
        var definition = new ToolDefinition(name, description, TypeSchema.OfArguments(arguments));
        return new Tool(definition, call =>
        {
            TArguments read = ToolArguments.Read(call, arguments, definition.Parameters!.Value);
            return async cancellationToken => ToolOutput.Of(await handler(read, cancellationToken).ConfigureAwait(false));
        });
    }

    /// <inheritdoc cref="From{TArguments}(string, string?, JsonTypeInfo{TArguments}, Func{TArguments, CancellationToken, Task{string}})"/>
    public static Tool From<TArguments>(
        string name, string? description, JsonTypeInfo<TArguments> arguments, Func<TArguments, string> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return From(name, description, arguments, (read, _) => Task.FromResult(handler(read)));
    }

    /// <summary>A tool whose arguments are read into a type, and whose result is written from one; for code that is trimmed or compiled ahead of time.</summary>
    /// <param name="name">The name by which the model calls it.</param>
    /// <param name="description">What it does and when to use it, for the model to read.</param>
    /// <param name="arguments">The metadata of the arguments' type, from a source-generated context.</param>
    /// <param name="result">The metadata of the result's type, from a source-generated context.</param>
    /// <param name="handler">Gives back what the model is to see as JSON.</param>
    /// <typeparam name="TArguments">A type whose properties are the arguments.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <exception cref="ArgumentException">The JSON of the arguments' type is not an object.</exception>
    public static Tool From<TArguments, TResult>(
        string name,
        string? description,
        JsonTypeInfo<TArguments> arguments,
        JsonTypeInfo<TResult> result,
        Func<TArguments, CancellationToken, Task<TResult>> handler)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(handler);
        return From(name, description, arguments, async (read, cancellationToken) =>
            JsonSerializer.Serialize(await handler(read, cancellationToken).ConfigureAwait(false), result));
    }

    /// <summary>A tool made of any delegate: its parameters are the arguments.</summary>
    /// <param name="name">The name by which the model calls it.</param>
    /// <param name="description">What it does and when to use it, for the model to read.</param>
    /// <param name="handler">
    /// A lambda or method, asynchronous or not. Its parameters' names, types, <c>[Description]</c>, default values and annotations (<c>[Range]</c>,
    /// <c>[StringLength]</c>, <c>[RegularExpression]</c>, <c>[AllowedValues]</c> ..) make the schema; one without a default value is required.
    /// Text that it gives back is sent as it is, <see cref="ContentPart"/>s as parts, anything else as JSON.
    /// </param>
    /// <param name="serializer">How arguments and results are read and written; by default in camel case, enums by name.</param>
    /// <exception cref="ArgumentException">
    /// A parameter cannot be read from JSON (a stream, an interface, a tuple, a delegate), or the result cannot be waited for (an F# Async).
    /// </exception>
    /// <remarks>
    /// Handed in, and not shown to the model: a <see cref="CancellationToken"/>, the <see cref="ToolCall"/>, and services. Services are an
    /// <see cref="IServiceProvider"/> and what is marked <c>[FromKeyedServices(key)]</c> or, in ASP.NET Core, <c>[FromServices]</c>, and nothing else:
    /// the signature alone says what the model fills. They come from <see cref="ToolLoopOptions.Services"/>, in a scope of their own for each call.
    /// </remarks>
    [RequiresUnreferencedCode(UsesReflection)]
    [RequiresDynamicCode(UsesReflection)]
    public static Tool From(string name, string? description, Delegate handler, JsonSerializerOptions? serializer = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var method = new DelegateTool(handler, serializer);
        return new Tool(new ToolDefinition(name, description, method.Schema), method.Bind) { ServiceParameter = method.ServiceParameter };
    }

    /// <summary>A tool made of a method, with its name in snake case without "Async" (GetWeatherAsync: get_weather) and its <c>[Description]</c>.</summary>
    /// <param name="handler">A method with a name: not a lambda.</param>
    /// <param name="serializer">How arguments and results are read and written; by default in camel case, enums by name.</param>
    /// <exception cref="ArgumentException">It is a lambda.</exception>
    [RequiresUnreferencedCode(UsesReflection)]
    [RequiresDynamicCode(UsesReflection)]
    public static Tool From(Delegate handler, JsonSerializerOptions? serializer = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return From(HandlerName.Of(handler), HandlerName.DescriptionOf(handler), handler, serializer);
    }

    /// <summary>The same tool, for which the server is asked to hold the arguments to the schema; arguments that it does not name are forbidden.</summary>
    public Tool Strict()
    {
        JsonObject schema = Definition.Parameters is { } parameters ? JsonObject.Create(parameters)! : TypeSchema.NoArguments();
        schema["additionalProperties"] = false;
        return new Tool(new ToolDefinition(Name, Definition.Description, schema) { Strict = true }, _bind) { ServiceParameter = ServiceParameter };
    }

    /// <summary>Runs a call.</summary>
    /// <param name="call">A ready call without problems.</param>
    /// <param name="cancellationToken">Handed to the handler.</param>
    /// <returns>The text that the model is to see; of several parts the text.</returns>
    /// <exception cref="JsonException">The arguments do not fit the handler's types; nothing was run.</exception>
    public Task<string> RunAsync(ToolCall call, CancellationToken cancellationToken = default) => RunAsync(call, services: null, cancellationToken);

    /// <summary>Runs a call with services.</summary>
    /// <param name="call">A ready call without problems.</param>
    /// <param name="services">Where parameters that are services come from; null if there are none.</param>
    /// <param name="cancellationToken">Handed to the handler.</param>
    /// <returns>The text that the model is to see; of several parts the text.</returns>
    /// <exception cref="JsonException">The arguments do not fit the handler's types; nothing was run.</exception>
    /// <exception cref="InvalidOperationException">The handler needs a service that is not there.</exception>
    public async Task<string> RunAsync(ToolCall call, IServiceProvider? services, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        return (await Prepare(call, services)(cancellationToken).ConfigureAwait(false)).Text;
    }

    /// <summary>Reads the arguments of a call, and gives back what runs it: what does not fit is the model's mistake, not the handler's.</summary>
    /// <param name="call">A ready call without problems.</param>
    /// <param name="services">Where parameters that are services come from; null if there are none.</param>
    /// <returns>Runs the call, and gives back what the model is to see: text, images and other parts, in order.</returns>
    /// <exception cref="JsonException">The arguments do not fit; the message tells the model what does not.</exception>
    public Func<CancellationToken, Task<IReadOnlyList<ContentPart>>> Bind(ToolCall call, IServiceProvider? services = null)
    {
        ArgumentNullException.ThrowIfNull(call);
        ToolInvocation run = Prepare(call, services);
        return async cancellationToken =>
        {
            ToolOutput output = await run(cancellationToken).ConfigureAwait(false);
            return output.Parts.Count > 0 ? output.Parts : [new TextPart(output.Text)];
        };
    }

    internal ToolInvocation Prepare(ToolCall call, IServiceProvider? services) => _bind(call, services);

    private static ToolDefinition WithoutParameters(string name, string? description) => new(name, description, TypeSchema.NoArguments());

    private static Func<ToolCall, ToolInvocation> Bound(Func<ToolCall, CancellationToken, Task<string>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return call => async cancellationToken => ToolOutput.Of(await handler(call, cancellationToken).ConfigureAwait(false));
    }
}
