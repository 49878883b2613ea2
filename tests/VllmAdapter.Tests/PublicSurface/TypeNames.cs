using System.Reflection;
using System.Runtime.CompilerServices;

namespace VllmAdapter.Tests.PublicSurface;

/// <summary>Writes types as C# does.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(byte)] = "byte",
        [typeof(int)] = "int", [typeof(long)] = "long", [typeof(float)] = "float", [typeof(double)] = "double", [typeof(char)] = "char",
    };

    /// <summary>The line that opens a type: its kind, its full name, what it derives from.</summary>
    public static string Header(Type type)
    {
        string[] bases = [.. Bases(type).Select(Of)];
        string derives = bases.Length > 0 ? $" : {string.Join(", ", bases)}" : "";
        return $"{Kind(type)} {type.Namespace}.{Plain(type)}{derives}{Constraints(type.GetGenericArguments)}";
    }

    /// <summary>The name without its namespace, with the types around it and its type parameters.</summary>
    public static string Plain(Type type)
    {
        string name = type.Name.Split('`')[0];
        string outer = type is { IsNested: true, IsGenericParameter: false } ? $"{Plain(type.DeclaringType!)}." : "";
        return type.IsGenericType ? $"{outer}{name}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>" : outer + name;
    }

    public static string Of(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
            return $"{Of(value)}?";

        if (type.IsArray)
            return $"{Of(type.GetElementType()!)}[]";

        return type.IsByRef ? Of(type.GetElementType()!) : Keywords.GetValueOrDefault(type) ?? Plain(type);
    }

    /// <summary>The same, with the question marks of what may be null.</summary>
    public static string Of(NullabilityInfo info)
    {
        Type type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        if (type.IsValueType && !type.IsGenericType)
            return Of(type);

        string mark = info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable ? "?" : "";
        if (Nullable.GetUnderlyingType(type) is { } value)
            return $"{Of(value)}?";

        if (info.ElementType is { } element)
            return $"{Of(element)}[]{mark}";

        string[] arguments = [.. info.GenericTypeArguments.Select(Of)];
        return arguments.Length > 0 ? $"{type.Name.Split('`')[0]}<{string.Join(", ", arguments)}>{mark}" : Of(type) + mark;
    }

    public static string Constraints(Func<Type[]> parameters) =>
        string.Concat(parameters().Where(parameter => parameter.IsGenericParameter).Select(Constraint));

    private static string Constraint(Type parameter)
    {
        GenericParameterAttributes attributes = parameter.GenericParameterAttributes;
        bool isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        string[] constraints =
        [
            .. isStruct ? (string[])["struct"] : [],
            .. attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? (string[])["class"] : [],
            .. parameter.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(Of),
            .. !isStruct && attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) ? (string[])["new()"] : [],
        ];
        return constraints.Length > 0 ? $" where {parameter.Name} : {string.Join(", ", constraints)}" : "";
    }

    private static string Kind(Type type)
    {
        if (type.IsEnum)
            return "enum";

        if (type.IsInterface)
            return "interface";

        const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;
        string record = type.GetMethod("PrintMembers", Any) is null ? "" : "record ";
        if (type.IsValueType)
            return $"{(type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "")}{record}struct";

        string shape = (type.IsAbstract, type.IsSealed) switch
        {
            (true, true) => "static ",
            (true, false) => "abstract ",
            (false, true) => "sealed ",
            _ => "",
        };
        return shape + (record.Length > 0 ? record.TrimEnd() : "class");
    }

    // Only what the type adds; and that a record equals itself goes without saying.
    private static IEnumerable<Type> Bases(Type type)
    {
        if (type.IsEnum)
            return [];

        IEnumerable<Type> inherited = (type.BaseType?.GetInterfaces() ?? []).Concat(type.GetInterfaces().SelectMany(added => added.GetInterfaces()));
        Type[] own = type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) ? [parent] : [];
        return own.Concat(type.GetInterfaces()
            .Except(inherited)
            .Where(added => added.IsPublic && added != typeof(IEquatable<>).MakeGenericType(type))
            .OrderBy(added => added.FullName, StringComparer.Ordinal));
    }
}
