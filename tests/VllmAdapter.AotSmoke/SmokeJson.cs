using System.Text.Json;
using System.Text.Json.Serialization;

namespace VllmAdapter.AotSmoke;

internal sealed record Question(string City);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Question))]
internal sealed partial class SmokeJson : JsonSerializerContext;
