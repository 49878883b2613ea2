using System.Diagnostics.CodeAnalysis;

namespace VllmAdapter.Agents;

/// <summary>The value behind whatever a delegate gives back, by its type when it runs: a task may hide behind <see cref="object"/>.</summary>
[RequiresUnreferencedCode("The value of a task is found by reflection.")]
[RequiresDynamicCode("The value of a task is found by reflection.")]
internal static class AwaitedResult
{
    private const string Async = "Microsoft.FSharp.Control.FSharpAsync`1";

    /// <summary>Why a return type is none that can be waited for; null if it is.</summary>
    public static string? Obstacle(Type declared) => declared switch
    {
        { IsGenericType: true } when declared.GetGenericTypeDefinition().FullName == Async =>
            "it returns an F# Async, which nothing would start. Return a task: use task { ... } or Async.StartAsTask",
        _ when new[] { declared }.Concat(declared.GetInterfaces()).Any(IsAsyncSequence) =>
            "it returns its values one by one. Collect them and return a list",
        _ => null,
    };

    /// <returns>The value, and the type to write it by; <see cref="void"/> if there is none.</returns>
    public static async Task<(object? Value, Type Type)> OfAsync(object? returned, Type declared)
    {
        while (true)
        {
            Type type = returned is null || IsAwaitable(declared) ? declared : returned.GetType();
            if (returned is ValueTask plain)
                returned = plain.AsTask();
            else if (returned is not null && type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>))
                returned = type.GetMethod(nameof(ValueTask<>.AsTask))!.Invoke(returned, null);

            if (returned is not Task task)
            {
                return returned is not null && Obstacle(returned.GetType()) is { } obstacle
                    ? throw new InvalidOperationException($"The tool returned nothing: {obstacle}.")
                    : (returned, declared);
            }

            await task.ConfigureAwait(false);
            if (ValueType(type, task) is not { } valueType)
                return (null, typeof(void));

            (returned, declared) = (task.GetType().GetProperty(nameof(Task<>.Result))!.GetValue(task), valueType);
        }
    }

    // What is declared as a plain task has no value, whatever it is when it runs.
    private static Type? ValueType(Type awaited, Task task)
    {
        if (awaited == typeof(Task) || awaited == typeof(ValueTask))
            return null;

        if (awaited.IsGenericType && awaited.GetGenericTypeDefinition() == typeof(ValueTask<>))
            return awaited.GetGenericArguments()[0];

        for (Type? type = task.GetType(); type is not null; type = type.BaseType)
        {
            // An async method without a value is a Task of a type that only the runtime knows.
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>))
                return type.GetGenericArguments()[0] is { IsPublic: false, Name: "VoidTaskResult" } ? null : type.GetGenericArguments()[0];
        }

        return null;
    }

    private static bool IsAwaitable(Type type) =>
        typeof(Task).IsAssignableFrom(type) || type == typeof(ValueTask) || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>));

    private static bool IsAsyncSequence(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>);
}
