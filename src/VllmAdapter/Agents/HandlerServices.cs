using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace VllmAdapter.Agents;

/// <summary>
/// Parameters of a handler that come from <see cref="ToolLoopOptions.Services"/>. Which ones is seen in the signature alone, whatever is registered:
/// <see cref="IServiceProvider"/>, and what is marked <c>[FromKeyedServices]</c> or, in ASP.NET Core, <c>[FromServices]</c>.
/// </summary>
[RequiresUnreferencedCode("Attributes are found by reflection.")]
[RequiresDynamicCode("Parameters are found by reflection.")]
internal static class HandlerServices
{
    // What [FromServices] implements: known by name, so that no web framework is needed.
    private const string FromServices = "Microsoft.AspNetCore.Http.Metadata.IFromServiceMetadata";

    public static bool Fill(ParameterInfo parameter) => parameter.ParameterType == typeof(IServiceProvider)
        || parameter.GetCustomAttributes(inherit: true).Any(mark =>
            mark is FromKeyedServicesAttribute || mark.GetType().GetInterfaces().Any(type => type.FullName == FromServices));

    /// <summary>A scope for one call: handlers that run side by side must not share what is made for one at a time.</summary>
    public static AsyncServiceScope? ScopeOf(IServiceProvider services) =>
        services.GetService(typeof(IServiceScopeFactory)) is IServiceScopeFactory factory ? new AsyncServiceScope(factory.CreateScope()) : null;

    /// <exception cref="InvalidOperationException">It is not registered, and the handler cannot do without it.</exception>
    public static object? Resolve(ParameterInfo parameter, bool isNullable, IServiceProvider services)
    {
        Type type = parameter.ParameterType;
        if (type == typeof(IServiceProvider))
            return services;

        object? key = parameter.GetCustomAttribute<FromKeyedServicesAttribute>()?.Key;
        object? found = key is null ? services.GetService(type)
            : services is IKeyedServiceProvider keyed ? keyed.GetKeyedService(type, key)
            : null;
        return found ?? (parameter.HasDefaultValue ? TypeSchema.DefaultOf(parameter)
            : isNullable ? null
            : throw new InvalidOperationException(
                $"No service of type {type}{(key is null ? "" : $" and key '{key}'")} is registered for the parameter '{parameter.Name}'."));
    }
}
