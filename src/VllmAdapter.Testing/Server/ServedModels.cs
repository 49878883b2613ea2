using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>The served model and the LoRA adapters that were loaded onto it.</summary>
internal sealed class ServedModels(FakeVllmOptions options)
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<string, string> _adapters = new(StringComparer.Ordinal);

    public string Base => options.Model ?? "fake-model";

    public string NameFor(JsonNode body) => body.At("model").Text() is { Length: > 0 } name ? name : Base;

    public bool Knows(JsonNode body)
    {
        string name = NameFor(body);
        lock (_adapters)
            return options.Model is null || name == Base || _adapters.ContainsKey(name);
    }

    public WireReply? RefuseUnknown(JsonNode body, Refusals refusals)
    {
        if (Knows(body))
            return null;

        string name = NameFor(body);
        string aliases = options.Profile.HasFieldsOf032 ? $" Valid aliases: {Base}." : "";
        return refusals.Refuse($"The model `{name}` does not exist.{aliases}", "NotFoundError", "model", 404);
    }

    public WireReply Load(JsonObject body, Refusals refusals)
    {
        if (body.At("lora_name").Text() is not { Length: > 0 } name || body.At("lora_path").Text() is not { Length: > 0 } path)
            return refusals.Refuse("Both 'lora_name' and 'lora_path' must be provided.", "InvalidUserInput");
        lock (_adapters)
        {
            if (!_adapters.TryAdd(name, path))
                return refusals.Refuse($"The lora adapter '{name}' has already been loaded.", "InvalidUserInput");
        }

        return ReplyRendering.Text($"Success: LoRA adapter '{name}' added successfully.", null, options.Profile);
    }

    public WireReply Unload(JsonObject body, Refusals refusals)
    {
        if (body.At("lora_name").Text() is not { Length: > 0 } name)
            return refusals.Refuse("'lora_name' needs to be provided to unload a LoRA adapter.", "InvalidUserInput");
        lock (_adapters)
        {
            return _adapters.Remove(name)
                ? ReplyRendering.Text($"Success: LoRA adapter '{name}' removed successfully.", null, options.Profile)
                : refusals.Refuse($"The lora adapter '{name}' cannot be found.", "NotFoundError", status: 404);
        }
    }

    public string List()
    {
        var cards = new JsonArray(Card(Base, root: Base, parent: null));
        lock (_adapters)
        {
            foreach ((string name, string path) in _adapters)
                cards.Add((JsonNode)Card(name, path, Base));
        }

        return new JsonObject { ["object"] = "list", ["data"] = cards }.ToJsonString(Relaxed);
    }

    private JsonObject Card(string name, string root, string? parent)
    {
        long created = options.TimeProvider.GetUtcNow().ToUnixTimeSeconds();
        return new JsonObject
        {
            ["id"] = name,
            ["object"] = "model",
            ["created"] = created,
            ["owned_by"] = "vllm",
            ["root"] = root,
            ["parent"] = parent,
            ["max_model_len"] = parent is null ? options.ContextWindow : null,
            ["permission"] = new JsonArray(new JsonObject
            {
                ["id"] = $"modelperm-{name}",
                ["object"] = "model_permission",
                ["created"] = created,
                ["allow_create_engine"] = false,
                ["allow_sampling"] = true,
                ["allow_logprobs"] = true,
                ["allow_search_indices"] = false,
                ["allow_view"] = true,
                ["allow_fine_tuning"] = false,
                ["organization"] = "*",
                ["group"] = null,
                ["is_blocking"] = false,
            }),
        };
    }
}
