using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Guard;

/// <summary>What a client asked, as far as it bears on how the answer has to end.</summary>
internal sealed class GuardedRequest
{
    /// <summary>The route that is asked.</summary>
    public GuardedRoute Route { get; init; } = GuardedRoute.Chat;

    /// <summary>Whether the answer is written elsewhere, to be fetched later.</summary>
    public bool IsInBackground { get; init; }

    /// <summary>The body that is sent on: the client's own bytes, but that usage is asked for where a stream did not.</summary>
    public required byte[] Body { get; init; }

    /// <summary>The body as JSON; null if it cannot be read. Then the server may refuse it, but no answer to it can be judged.</summary>
    public JsonObject? Json { get; init; }

    /// <summary>Whether the reply is to be streamed.</summary>
    public bool IsStreamed { get; init; }

    /// <summary>Whether the reply is asked for whole, and handed on as the stream that the client asked for.</summary>
    public bool BecomesStream { get; init; }

    /// <summary>Whether the client did not ask for the usage that comes, so that it is not to see it.</summary>
    public bool HidesUsage { get; init; }

    /// <summary>How many choices are asked for.</summary>
    public int Choices => ChoicesPerPrompt * Prompts;

    /// <summary>How many choices are asked for of each prompt.</summary>
    public int ChoicesPerPrompt { get; init; } = 1;

    /// <summary>How many prompts there are; more than one only of plain completions.</summary>
    public int Prompts { get; init; } = 1;

    /// <summary>The model, if the request names one.</summary>
    public string? Model { get; init; }

    public static GuardedRequest Read(byte[] body, GuardedRoute route = GuardedRoute.Chat)
    {
        try
        {
            if (JsonNode.Parse(body) is not JsonObject json || !Asks(json, route))
                return new GuardedRequest { Route = route, Body = body };

            bool isStreamed = IsTrue(json["stream"]);
            bool addsUsage = isStreamed && route != GuardedRoute.Responses && !AsksForUsage(json);
            return new GuardedRequest
            {
                Route = route,
                IsInBackground = route == GuardedRoute.Responses && IsTrue(json["background"]),
                Body = addsUsage ? AskingForUsage(body, json) : body,
                Json = json,
                IsStreamed = isStreamed,
                HidesUsage = addsUsage,
                ChoicesPerPrompt = route != GuardedRoute.Responses && json["n"] is JsonValue n && n.TryGetValue(out int choices) && choices > 1 ? choices : 1,
                Prompts = route == GuardedRoute.Completions ? PromptsIn(json["prompt"] ?? json["prompt_embeds"]) : 1,
                Model = json["model"] is JsonValue model && model.TryGetValue(out string? name) ? name : null,
            };
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException or InvalidOperationException)
        {
            // A name that is there twice, for one: servers read the last.
            return new GuardedRequest { Route = route, Body = body };
        }
    }

    /// <summary>The same, asked for whole where a stream with tools was asked for: streaming parsers are what loses calls.</summary>
    public GuardedRequest AskedWhole()
    {
        if (!IsStreamed || Route != GuardedRoute.Chat || Json is not { } json || json["tools"] is not JsonArray { Count: > 0 })
            return this;

        json["stream"] = false;
        json.Remove("stream_options");
        return new GuardedRequest
        {
            Body = Encoding.UTF8.GetBytes(json.ToJsonString()),
            Json = json,
            BecomesStream = true,
            HidesUsage = HidesUsage,
            ChoicesPerPrompt = ChoicesPerPrompt,
            Model = Model,
        };
    }

    private static bool Asks(JsonObject json, GuardedRoute route) => route switch
    {
        GuardedRoute.Completions => json["prompt"] is not null || json["prompt_embeds"] is not null,
        GuardedRoute.Responses => json["input"] is not null,
        _ => json["messages"] is JsonArray,
    };

    // A list of numbers is one.
    private static int PromptsIn(JsonNode? prompt) =>
        prompt is JsonArray { Count: > 0 } list && list[0]?.GetValueKind() != JsonValueKind.Number ? list.Count : 1;

    private static bool AsksForUsage(JsonObject json) => json["stream_options"] is JsonObject options && IsTrue(options["include_usage"]);

    private static bool IsTrue(JsonNode? value) => value is JsonValue && value.GetValueKind() == JsonValueKind.True;

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
