using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing;

/// <summary>Writes the lists that pooling models answer with, whole or with a fault.</summary>
internal sealed class PoolingWriter(FakeVllmOptions options, ServedModels models, Func<string> newId)
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A list with an entry for each input.</summary>
    public WireReply List(string prefix, JsonObject body, JsonObject[] entries, int tokens, PoolingFault? wrong) => Json(new JsonObject
    {
        ["id"] = $"{prefix}-{newId()}",
        ["object"] = "list",
        ["created"] = options.TimeProvider.GetUtcNow().ToUnixTimeSeconds(),
        ["model"] = models.NameFor(body),
        ["data"] = new JsonArray([.. Wrong(entries, wrong)]),
        ["usage"] = new JsonObject
        {
            ["prompt_tokens"] = tokens,
            ["total_tokens"] = tokens,
            ["completion_tokens"] = 0,
            ["prompt_tokens_details"] = null,
            ["completion_tokens_details"] = null,
        },
    });

    /// <summary>The best of the documents, best first.</summary>
    public WireReply Ranks(JsonObject body, JsonObject[] results, int tokens, PoolingFault? wrong)
    {
        if (wrong == PoolingFault.NotANumber)
            results[^1]["relevance_score"] = null;

        return Json(new JsonObject
        {
            ["id"] = $"score-{newId()}",
            ["model"] = models.NameFor(body),
            ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
            ["results"] = new JsonArray([.. Wrong(results, wrong)]),
        });
    }

    /// <summary>A vector as the request wants it: numbers, or their bytes in base64.</summary>
    public static JsonNode Numbers(float[] numbers, JsonObject body, PoolingFault? fault)
    {
        if (fault == PoolingFault.WrongLength)
            numbers = numbers[..^1];
        bool isNone = fault == PoolingFault.NotANumber;
        if (body.At("encoding_format").Text() != "base64")
            return new JsonArray([.. numbers.Select(number => isNone ? null : (JsonNode)(double)number)]);

        byte[] bytes = new byte[numbers.Length * sizeof(float)];
        for (int at = 0; at < numbers.Length; at++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at * sizeof(float)), isNone ? float.NaN : numbers[at]);
        return Convert.ToBase64String(bytes);
    }

    private static JsonObject[] Wrong(JsonObject[] entries, PoolingFault? wrong)
    {
        if (wrong == PoolingFault.TooFew)
            return entries[..^1];
        if (wrong == PoolingFault.Doubled)
            entries[^1]["index"] = entries[0]["index"]!.GetValue<int>();
        return entries;
    }

    private WireReply Json(JsonObject body) => ReplyRendering.Json(body.ToJsonString(Relaxed), options.Profile);
}
