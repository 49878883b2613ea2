using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace VllmAdapter.Tests.PublicSurface;

/// <summary>Prints what users of an assembly can see, one member a line, in an order that stays.</summary>
internal static class SurfacePrinter
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Print(Assembly assembly)
    {
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            yield return $"{Attributes(type)}{TypeNames.Header(type)}";
            string name = TypeNames.Plain(type);
            foreach (string member in Members(type, name))
                yield return $"    {member}";
        }
    }

    private static IEnumerable<string> Members(Type type, string name)
    {
        if (type.IsEnum)
            return Enum.GetValues(type).Cast<object>().Select(value => $"{name}.{value} = {Convert.ToInt64(value, CultureInfo.InvariantCulture)}");

        return
        [
            .. InOrder(type.GetConstructors(Declared).Where(IsVisible), constructor => $"{name}({Parameters(constructor)})"),
            .. InOrder(type.GetFields(Declared).Where(field => field.IsPublic), field => Field(field, name)),
            .. InOrder(type.GetProperties(Declared).Where(HasVisibleAccessor), property => Property(property, name)),
            .. InOrder(type.GetEvents(Declared), added => $"event {TypeNames.Of(added.EventHandlerType!)} {name}.{added.Name}"),
            .. InOrder(type.GetMethods(Declared).Where(IsVisible).Where(IsNoAccessor), method => Method(method, name)),
        ];
    }

    private static IEnumerable<string> InOrder<T>(IEnumerable<T> members, Func<T, string> print)
        where T : MemberInfo =>
        members
            .Select(member => (member.Name, Line: Attributes(member) + print(member)))
            .OrderBy(member => member.Name, StringComparer.Ordinal).ThenBy(member => member.Line, StringComparer.Ordinal)
            .Select(member => member.Line);

    private static string Field(FieldInfo field, string name)
    {
        string type = TypeNames.Of(new NullabilityInfoContext().Create(field));
        string value = field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : "";
        return $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{type} {name}.{field.Name}{value}";
    }

    private static string Property(PropertyInfo property, string name)
    {
        MethodInfo shown = property.GetAccessors(true).First(IsVisible);
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        string get = property.GetMethod is { } getter && IsVisible(getter) ? "get; " : "";
        string set = property.SetMethod is { } setter && IsVisible(setter) ? IsInit(setter) ? "init; " : "set; " : "";
        string type = TypeNames.Of(new NullabilityInfoContext().Create(property));
        return $"{Modifiers(shown)}{required}{type} {name}.{property.Name} {{ {get}{set}}}";
    }

    private static string Method(MethodInfo method, string name)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(TypeNames.Of))}>" : "";
        string result = TypeNames.Of(new NullabilityInfoContext().Create(method.ReturnParameter));
        return $"{Modifiers(method)}{result} {name}.{method.Name}{generic}({Parameters(method)}){TypeNames.Constraints(method.GetGenericArguments)}";
    }

    private static string Parameters(MethodBase method)
    {
        string extended = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return extended + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        // By name: for net8.0 the compiler writes the newer attribute into the assembly itself.
        bool isParams = parameter.CustomAttributes.Any(attribute => attribute.AttributeType.Name is "ParamArrayAttribute" or "ParamCollectionAttribute");
        string passing = isParams ? "params " : parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : "";
        string fallback = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue)}" : "";
        return $"{passing}{TypeNames.Of(new NullabilityInfoContext().Create(parameter))} {parameter.Name}{fallback}";
    }

    private static string Modifiers(MethodInfo method) => (method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "") + method switch
    {
        { IsStatic: true } => "static ",
        { DeclaringType.IsInterface: true } => "",
        { IsAbstract: true } => "abstract ",
        _ when method.GetBaseDefinition() != method => "override ",
        { IsVirtual: true, IsFinal: false } => "virtual ",
        _ => "",
    };

    private static string Attributes(MemberInfo member) =>
        string.Concat(member.CustomAttributes
            .Where(attribute => attribute.AttributeType.Name is "ExperimentalAttribute" or "ObsoleteAttribute" or "FlagsAttribute")
            .Where(attribute => !IsForOldCompilers(attribute))
            .Select(attribute => $"[{attribute.AttributeType.Name[..^"Attribute".Length]}] ")
            .Order(StringComparer.Ordinal));

    // The compiler marks constructors of types with required members as obsolete, for compilers that do not know them.
    private static bool IsForOldCompilers(CustomAttributeData attribute) =>
        attribute.ConstructorArguments.FirstOrDefault().Value is string message
        && message.StartsWith("Constructors of types with required", StringComparison.Ordinal);

    // What the compiler writes into every record is no news; it writes accessors too, but those were asked for.
    private static bool IsVisible(MethodBase method) =>
        (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly)
        && (IsAccessor(method) ? method.Name != "get_EqualityContract" : !method.IsDefined(typeof(CompilerGeneratedAttribute)));

    private static bool HasVisibleAccessor(PropertyInfo property) => property.GetAccessors(true).Any(IsVisible);

    private static bool IsNoAccessor(MethodInfo method) => !IsAccessor(method);

    private static bool IsAccessor(MethodBase method) =>
        method.IsSpecialName && !method.IsConstructor && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool IsInit(MethodInfo setter) => setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        Enum word => word.ToString(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
