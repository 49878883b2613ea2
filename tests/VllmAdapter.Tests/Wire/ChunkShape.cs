using System.Text;

namespace VllmAdapter.Tests.Wire;

/// <summary>
/// A random shape of an event: which fields stand in it, in which order and of which types. The same shape is written again and again
/// with other texts and numbers in it, as a server writes its chunks.
/// </summary>
internal sealed class ChunkShape(int seed, bool isPlain)
{
    private static readonly string[] Texts = ["", "a", " llama", "é😀", "\\n", "\\\"x\\\"", "\\u00e9\\/\\\\", "a\\ud83d\\ude00", "}]}", "0", "7"];
    private static readonly string[] Halves = ["\\ud83d", "\\ude00", "a\\ud83d", "\\ude00b", "\\ud83d\\ud83d"];
    private static readonly string[] Odd = ["null", "7", "true", "[]", "{}", "[\"x\"]", "[{\"text\":\"x\"}]", "\"\""];

    private Random _shape = new(seed);
    private Random _leaf = new(seed);

    /// <summary>One event of this shape.</summary>
    public string Write(Random leaf)
    {
        (_shape, _leaf) = (new Random(seed), leaf);
        List<string> fields = [$"\"id\":\"{(_shape.Next(20) == 0 ? _shape.Next(3) : 0)}\"", $"\"choices\":{Choices()}"];
        if (Maybe(3))
            fields.Add($"\"usage\":{Usage()}");

        if (Maybe(20))
            fields.Add($"\"usage\":{Usage()}");

        if (Maybe(5))
            fields.Add("\"error\":null,\"kv_transfer_params\":null");

        return Object(fields);
    }

    private bool Maybe(int oneIn) => _shape.Next(oneIn) == 0;

    private string Choices()
    {
        if (Maybe(30))
            return Choice();

        return $"[{string.Join(',', Enumerable.Range(0, Maybe(10) ? 2 : 1).Select(_ => Choice()))}]";
    }

    private string Choice()
    {
        List<string> fields = [$"\"index\":{(Maybe(4) ? _shape.Next(3) : 0)}"];
        if (!Maybe(10))
            fields.Add($"\"delta\":{Delta()}");

        if (Maybe(20))
            fields.Add($"\"delta\":{Delta()}");

        if (!isPlain && Maybe(6))
            fields.Add($"\"message\":{Delta()}");

        if (!isPlain && Maybe(6))
            fields.Add($"\"text\":{Value()}");

        if (Maybe(3))
            fields.Add($"\"finish_reason\":{_shape.Next(8) switch { 0 => "\"stop\"", 1 => "\"length\"", 2 => "\"eos_token\"", 3 => "\"None\"", 4 => "\"\"", _ => "null" }}");

        if (Maybe(15))
            fields.Add($"\"usage\":{Usage()}");

        return Object(fields);
    }

    private string Delta()
    {
        List<string> fields = [];
        if (!Maybe(4))
            fields.Add($"\"content\":{Value()}");

        if (Maybe(20))
            fields.Add($"\"content\":{Value()}");

        foreach (string name in (string[])["reasoning", "reasoning_content", "thinking", "reasoning_text", "refusal"])
        {
            if (Maybe(name == "reasoning" ? 5 : 15))
                fields.Add($"\"{name}\":{Value()}");
        }

        if (Maybe(20))
            fields.Add($"\"reasoning_details\":[{{\"type\":\"reasoning.text\",\"text\":{Text()}}}]");

        if (Maybe(4))
            fields.Add($"\"tool_calls\":{Calls()}");

        if (Maybe(20))
            fields.Add($"\"tool_calls\":{Calls()}");

        if (Maybe(25))
            fields.Add($"\"function_call\":{Function()}");

        return Object(fields);
    }

    private string Calls() => _shape.Next(10) switch
    {
        0 => "[]",
        1 => "null",
        2 => Call(),
        3 => $"[{Call()},{Call()}]",
        _ => $"[{Call()}]",
    };

    private string Call()
    {
        List<string> fields = [$"\"index\":{_shape.Next(2)}", $"\"function\":{Function()}"];
        if (Maybe(3))
            fields.Add("\"id\":\"a\"");

        if (Maybe(15))
            fields.Add($"\"function\":{Function()}");

        return Object(fields);
    }

    private string Function()
    {
        List<string> fields = [];
        if (!Maybe(5))
            fields.Add($"\"arguments\":{(Maybe(10) ? Odd[_shape.Next(Odd.Length)] : Text())}");

        if (Maybe(15))
            fields.Add($"\"arguments\":{(Maybe(2) ? "{\"x\":1}" : Text())}");

        if (Maybe(3))
            fields.Add("\"name\":\"f\"");

        return Object(fields);
    }

    private string Value() => _shape.Next(12) switch
    {
        0 => Odd[_shape.Next(Odd.Length)],
        1 => $"[{{\"type\":\"text\",\"text\":{Text()}}}]",
        2 => $"[{{\"type\":\"thinking\",\"thinking\":[{{\"type\":\"text\",\"text\":{Text()}}}]}},{{\"text\":{Text()},\"type\":\"thinking\"}}]",
        _ => Text(),
    };

    private string Text()
    {
        string text = !isPlain && _leaf.Next(8) == 0 ? Halves[_leaf.Next(Halves.Length)] : Texts[_leaf.Next(Texts.Length)];
        return $"\"{text}\"";
    }

    private string Usage()
    {
        List<string> fields = [];
        foreach (string name in (string[])["prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens"])
        {
            if (Maybe(2))
                fields.Add($"\"{name}\":{(Maybe(8) ? Odd[_shape.Next(Odd.Length)] : Number())}");
        }

        return Maybe(20) ? "null" : Object(fields);
    }

    private string Number() => _shape.Next(12) switch
    {
        0 => $"\"{_leaf.Next(100)}\"",
        1 => $"{_leaf.Next(100)}.0",
        2 => $"-{_leaf.Next(100)}",
        _ => $"{_leaf.Next(_leaf.Next(2) == 0 ? 12 : 5000)}",
    };

    private string Object(List<string> fields)
    {
        var json = new StringBuilder("{");
        while (fields.Count > 0)
        {
            int next = _shape.Next(fields.Count);
            json.Append(json.Length > 1 ? "," : "").Append(fields[next]);
            fields.RemoveAt(next);
        }

        return json.Append('}').ToString();
    }
}
