using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Writes what all requests to pooling models have in common, and checks what every server refuses.</summary>
internal static class PoolingBody
{
    private static readonly string[] HowToRead = ["encoding_format", "embed_dtype", "endianness", "stream"];

    /// <summary>Begins the object, and writes what all of them have.</summary>
    /// <param name="json">What it is written to.</param>
    /// <param name="request">The request.</param>
    /// <param name="defaultModel">The adapter's own model.</param>
    /// <param name="inputs">The names of the fields that hold what is asked about.</param>
    /// <exception cref="ArgumentException">It cannot be sent; the message names the member and its range.</exception>
    public static BodyWriter Begin(Utf8JsonWriter json, PoolingRequest request, string? defaultModel, params ReadOnlySpan<string> inputs)
    {
        if (request.TruncateTo is { } tokens and (0 or < -1))
            throw RequestRefusal.Because($"TruncateTo (truncate_prompt_tokens) must be 1 or more, or -1 for the model's window, but is {tokens}.");

        foreach (string name in inputs)
            ThrowIfSetBy(request.Extra, name, "Set it by the request's own member.");
        foreach (string name in HowToRead)
            ThrowIfSetBy(request.Extra, name, "The reply would be misread. Leave it out; EmbeddingRequest.Encoding chooses between base64 and numbers.");

        var body = new BodyWriter(json, request.Extra);
        json.WriteStartObject();
        body.Put("model", request.Model ?? defaultModel);
        body.Put("truncate_prompt_tokens", request.TruncateTo);
        body.Put("truncation_side", request.TruncationSide switch
        {
            TruncationSide.Left => "left",
            TruncationSide.Right => "right",
            _ => null,
        });
        body.Put("add_special_tokens", request.AddSpecialTokens);
        body.Put("use_activation", request.UseActivation);
        body.Put("priority", request.Serving?.Priority);
        body.Put("cache_salt", request.Serving?.CacheSalt);
        return body;
    }

    /// <summary>Writes the fields of the caller's own that outrank nothing, and ends the object.</summary>
    public static void End(BodyWriter body)
    {
        body.WriteOwn();
        body.Json.WriteEndObject();
    }

    /// <summary>The fields beside the inputs, which are written for each batch anew.</summary>
    /// <param name="request">What they are made of.</param>
    /// <param name="write">Writes them, as an object.</param>
    /// <exception cref="ArgumentException">They cannot be sent; the message names the member and its range.</exception>
    public static JsonElement Fields<T>(T request, Action<Utf8JsonWriter, T> write)
    {
        using var fields = new RequestBody(RequestJson.ToUtf8(request, 0, write));
        return fields.Json.Clone();
    }

    private static void ThrowIfSetBy(JsonObject? extra, string name, string wayOut)
    {
        if (extra?.ContainsKey(name) is true)
            throw RequestRefusal.Because($"Extra holds \"{name}\". {wayOut}");
    }
}
