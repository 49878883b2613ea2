using System.Text.Encodings.Web;
using System.Text.Json;

namespace VllmAdapter.Testing;

/// <summary>Writes an error in the shape of the server's version: as a body, or as an event inside a stream.</summary>
internal static class ErrorWriter
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Body(ServerFault fault, VllmProfile profile)
    {
        string members = Members(fault, ":", ",");
        return profile.HasFlatErrors ? "{\"object\":\"error\"," + members + "}" : "{\"error\":{" + members + "}}";
    }

    // Before 0.33, events are written by another JSON library than bodies, with blanks after colons and commas; 0.8.5 nests its flat object.
    public static string Event(ServerFault fault, VllmProfile profile) => profile.HasFieldsOf033
        ? Body(fault, profile)
        : "{\"error\": {" + (profile.HasFlatErrors ? "\"object\": \"error\", " : "") + Members(fault, ": ", ", ") + "}}";

    private static string Members(ServerFault fault, string colon, string comma) => string.Join(
        comma,
        $"\"message\"{colon}{Quote(fault.Message)}",
        $"\"type\"{colon}{Quote(fault.Type)}",
        $"\"param\"{colon}{(fault.Param is null ? "null" : Quote(fault.Param))}",
        $"\"code\"{colon}{fault.Code.ToJsonString()}");

    private static string Quote(string text) => JsonSerializer.Serialize(text, Relaxed);
}
