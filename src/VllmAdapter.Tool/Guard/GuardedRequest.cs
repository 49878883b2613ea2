using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Guard;

/// <summary>What a client asked, as far as it bears on how the answer has to end.</summary>
internal sealed class GuardedRequest
{
    /// <summary>The body that is sent on: the client's own bytes, but that usage is asked for where a stream did not.</summary>
    public required byte[] Body { get; init; }

    /// <summary>The body as JSON; null if it cannot be read. Then the server may refuse it, but no answer to it can be judged.</summary>
    public JsonObject? Json { get; init; }

    /// <summary>Whether the reply is to be streamed.</summary>
    public bool IsStreamed { get; init; }

    /// <summary>Whether the client did not ask for the usage that comes, so that it is not to see it.</summary>
    public bool HidesUsage { get; init; }

    /// <summary>How many choices are asked for.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>The model, if the request names one.</summary>
    public string? Model { get; init; }

    public static GuardedRequest Read(byte[] body)
    {
        try
        {
            if (JsonNode.Parse(body) is not JsonObject json || json["messages"] is not JsonArray)
                return new GuardedRequest { Body = body };

            bool isStreamed = json["stream"] is JsonValue stream && stream.GetValueKind() == JsonValueKind.True;
            bool addsUsage = isStreamed && !AsksForUsage(json);
            return new GuardedRequest
            {
                Body = addsUsage ? AskingForUsage(body, json) : body,
                Json = json,
                IsStreamed = isStreamed,
                HidesUsage = addsUsage,
                Choices = json["n"] is JsonValue n && n.TryGetValue(out int choices) && choices > 1 ? choices : 1,
                Model = json["model"] is JsonValue model && model.TryGetValue(out string? name) ? name : null,
            };
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException or InvalidOperationException)
        {
            // A name that is there twice, for one: servers read the last.
            return new GuardedRequest { Body = body };
        }
    }

    private static bool AsksForUsage(JsonObject json) =>
        json["stream_options"] is JsonObject options && options["include_usage"] is JsonValue asked && asked.GetValueKind() == JsonValueKind.True;

    // Without the token count a cut behind a "tool_calls" cannot be seen. What the client wrote stays as it is where it can.
    private static byte[] AskingForUsage(byte[] body, JsonObject json)
    {
        bool isFree = !json.ContainsKey("stream_options");
        if (json["stream_options"] is not JsonObject options)
            json["stream_options"] = options = [];

        options["include_usage"] = true;
        if (!isFree)
            return Encoding.UTF8.GetBytes(json.ToJsonString());

        int brace = Array.IndexOf(body, (byte)'{');
        return [.. body.AsSpan(0, brace + 1), .. "\"stream_options\":{\"include_usage\":true},"u8, .. body.AsSpan(brace + 1)];
    }
}
