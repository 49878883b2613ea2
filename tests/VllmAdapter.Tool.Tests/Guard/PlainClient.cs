using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Tests.Guard;

/// <summary>
/// A client as most are: it believes a body that ends in order, believes every finish reason, and runs each call whose arguments parse, whatever the reason.
/// It notices a status, an error event, and a body that breaks off.
/// </summary>
internal sealed record PlainClient
{
    public string Text { get; private set; } = "";

    public string? Finish { get; private set; }

    /// <summary>The calls that it ran.</summary>
    public List<(string Name, JsonNode Arguments)> Ran { get; } = [];

    /// <summary>What it raised; null if it took what came for an answer.</summary>
    public string? Error { get; private set; }

    /// <summary>The data of each event, or the body of a whole reply.</summary>
    public List<string> Events { get; } = [];

    /// <summary>Whether an event was more than it can read, with a guard or without.</summary>
    public bool IsPuzzled { get; private set; }

    /// <summary>Whether there was a choice beside the first, whose text and end it does not look at.</summary>
    public bool HasOtherChoices { get; private set; }

    public int Status { get; private set; }

    private readonly SortedDictionary<int, (string? Name, StringBuilder Arguments)> _calls = [];
    private bool _isDone;

    public static async Task<PlainClient> AskAsync(Uri endpoint, string body, string path = "v1/chat/completions", Version? version = null)
    {
        using var http = new HttpClient { DefaultRequestVersion = version ?? System.Net.HttpVersion.Version11, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, path))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            Headers = { { "X-Request-Id", "the-id" } },
            Version = version ?? System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var client = new PlainClient();
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            client.Status = (int)response.StatusCode;
            await client.ReadAsync(response);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            client.Error ??= $"the body broke off: {broken.Message}";
        }

        if (client.Error is null)
            client.Act();

        return client;
    }

    private async Task ReadAsync(HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
        {
            Error = $"{Status}: {await response.Content.ReadAsStringAsync()}";
            return;
        }

        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        StringBuilder rest = new();
        List<string> lines = [];
        while (!_isDone && await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal))
                lines.Add(line[5..].TrimStart(' '));
            else if (line.Length > 0)
                rest.Append(line);
            else
                TakeEvent(lines);
        }

        TakeEvent(lines);
        if (rest.ToString().Trim() is ['{', ..] whole)
            Take(whole);
    }

    private void TakeEvent(List<string> lines)
    {
        if (string.Join('\n', lines).Trim() is { Length: > 0 } data)
            Take(data);

        lines.Clear();
    }

    private void Take(string data)
    {
        Events.Add(data);
        _isDone = data == "[DONE]";
        if (_isDone)
            return;

        if (JsonOf(data) is not { } json)
        {
            IsPuzzled = true;
            return;
        }

        if (json["error"] is { } error)
        {
            Error ??= error.ToJsonString();
            return;
        }

        if (json["object"]?.ToString() == "response" || json["type"]?.ToString().StartsWith("response.", StringComparison.Ordinal) is true)
        {
            TakeResponse(json);
            return;
        }

        foreach (JsonObject choice in (json["choices"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (choice["index"] is { } index && index.GetValueKind() == JsonValueKind.Number && index.GetValue<int>() != 0)
            {
                HasOtherChoices = true;
                TakeCalls(choice, 1_000 * index.GetValue<int>());
                continue;
            }

            JsonNode? said = choice["delta"] ?? choice["message"];
            Text += (said is JsonObject ? said["content"] : choice["text"]) is JsonValue content ? TextOf(content) : "";
            TakeCalls(choice, 0);
            if (choice["finish_reason"] is JsonValue reason && reason.TryGetValue(out string? word) && word.Length > 0)
                Finish = word;
        }
    }

    // It believes the name of the terminal event, and that an item is whole which is done.
    private void TakeResponse(JsonObject json)
    {
        switch (json["type"]?.ToString())
        {
            case "response.output_text.delta":
                Text += json["delta"]!.GetValue<string>();
                break;
            case "response.output_item.done":
                TakeItem(json["item"]!);
                break;
            case "response.completed" or "response.incomplete" or "response.failed":
                Finish = json["type"]!.GetValue<string>();
                _isDone = true;
                break;
            case null:
                foreach (JsonNode item in json["output"]!.AsArray().OfType<JsonObject>())
                {
                    Text += string.Concat((item["content"] as JsonArray ?? []).Select(part => part!["text"]?.ToString()));
                    TakeItem(item);
                }

                Finish = $"response.{json["status"]}";
                break;
        }
    }

    private void TakeItem(JsonNode item)
    {
        if (item["type"]?.ToString() == "function_call")
            _calls[_calls.Count] = (item["name"]?.ToString(), new StringBuilder(item["arguments"]?.ToString()));
    }

    private string? TextOf(JsonValue content)
    {
        try
        {
            return content.TryGetValue(out string? text) ? text : "";
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which is no text to .NET.
            IsPuzzled = true;
            return "";
        }
    }

    private void TakeCalls(JsonObject choice, int from)
    {
        if ((choice["delta"] ?? choice["message"]) is not JsonObject said || said["tool_calls"] is not JsonArray calls)
            return;

        int position = 0;
        foreach (JsonObject call in calls.OfType<JsonObject>())
        {
            int index = from + (call["index"] is JsonValue number && number.TryGetValue(out int given) ? given : position);
            position++;
            (string? name, StringBuilder arguments) = _calls.GetValueOrDefault(index, (null, new StringBuilder()));
            JsonObject function = call["function"] as JsonObject ?? [];
            arguments.Append(function["arguments"] switch
            {
                JsonValue value when value.TryGetValue(out string? text) => text,
                JsonObject json => json.ToJsonString(),
                _ => "",
            });
            _calls[index] = (function["name"]?.GetValue<string>() ?? name, arguments);
        }
    }

    private void Act()
    {
        foreach ((string? name, StringBuilder arguments) in _calls.Values)
        {
            if (name is not null && JsonOf(arguments.Length == 0 ? "{}" : arguments.ToString()) is { } parsed)
                Ran.Add((name, parsed));
        }
    }

    private static JsonObject? JsonOf(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
