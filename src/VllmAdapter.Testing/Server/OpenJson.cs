namespace VllmAdapter.Testing;

/// <summary>JSON that breaks off.</summary>
internal static class OpenJson
{
    /// <summary>What would make it look whole: how vLLM 0.8.5 and 0.11.0 close a call that was cut.</summary>
    public static string Closing(string json)
    {
        var open = new Stack<char>();
        bool inString = false;
        for (int i = 0; i < json.Length; i++)
        {
            switch (json[i])
            {
                case '\\' when inString:
                    i++;
                    break;
                case '"':
                    inString = !inString;
                    break;
                case '{' or '[' when !inString:
                    open.Push(json[i] == '{' ? '}' : ']');
                    break;
                case '}' or ']' when !inString && open.Count > 0:
                    open.Pop();
                    break;
            }
        }

        return (inString ? "\"" : "") + string.Concat(open);
    }
}
