using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Adds a field to a body if there is something to say: nulls and empty lists are left out.</summary>
internal static class JsonObjectFields
{
    public static void Put(this JsonObject body, string name, string? value)
    {
        if (value is not null)
            body[name] = value;
    }

    public static void Put(this JsonObject body, string name, bool? value)
    {
        if (value is not null)
            body[name] = value;
    }

    public static void Put(this JsonObject body, string name, long? value)
    {
        if (value is not null)
            body[name] = value;
    }

    public static void Put(this JsonObject body, string name, double? value, [CallerArgumentExpression(nameof(value))] string member = "")
    {
        if (value is null)
            return;

        RequestRefusal.ThrowIfNotFinite(value.Value, name, member);
        body[name] = value;
    }

    public static void Put(this JsonObject body, string name, IReadOnlyCollection<string> values)
    {
        if (values.Count > 0)
            body[name] = new JsonArray([.. values.Select(value => (JsonNode?)value)]);
    }
}
