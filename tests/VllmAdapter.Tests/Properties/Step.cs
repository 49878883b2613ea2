using System.Text.Encodings.Web;
using System.Text.Json;

namespace VllmAdapter.Tests.Properties;

/// <summary>One thing that a generated server sends.</summary>
internal abstract record Step
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>As it is on the wire, with its blank line.</summary>
    public abstract string Event { get; }

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Relaxed);

    private static string Delta(int choice, string delta) => $"data: {{\"id\":\"1\",\"choices\":[{{\"index\":{choice},\"delta\":{{{delta}}}}}]}}\n\n";

    public sealed record Says(int Choice, string Text) : Step
    {
        public override string Event => Delta(Choice, $"\"content\":{Quoted(Text)}");
    }

    public sealed record Reasons(int Choice, string Text) : Step
    {
        public override string Event => Delta(Choice, $"\"reasoning\":{Quoted(Text)}");
    }

    public sealed record Calls(int Choice, int Index, string Fragment, bool IsFirst, bool IsLast, bool IsDamaged) : Step
    {
        public string Name => $"tool_{Index}";

        public override string Event => Delta(
            Choice,
            $"\"tool_calls\":[{{\"index\":{Index},{(IsFirst ? $"\"id\":\"call-{Choice}-{Index}\",\"type\":\"function\"," : "")}"
            + $"\"function\":{{{(IsFirst ? $"\"name\":\"{Name}\"," : "")}\"arguments\":{Quoted(Fragment)}}}}}]");
    }

    public sealed record Finishes(int Choice, string Reason) : Step
    {
        public override string Event =>
            $"data: {{\"id\":\"1\",\"choices\":[{{\"index\":{Choice},\"delta\":{{}},\"finish_reason\":{Quoted(Reason)}}}]}}\n\n";
    }

    public sealed record Uses(int Prompt, int Completion, int? Choice) : Step
    {
        public override string Event =>
            $"data: {{\"id\":\"1\",\"choices\":[{(Choice is { } choice ? $"{{\"index\":{choice},\"delta\":{{}}}}" : "")}],"
            + $"\"usage\":{{\"prompt_tokens\":{Prompt},\"completion_tokens\":{Completion},\"total_tokens\":{Prompt + Completion}}}}}\n\n";
    }

    public sealed record KeepsAlive : Step
    {
        public override string Event => ": keep-alive\n\n";
    }

    public sealed record Fails : Step
    {
        public override string Event => "data: {\"error\":{\"message\":\"boom\",\"code\":500}}\n\n";
    }

    public sealed record Garbles : Step
    {
        public override string Event => "data: {oops\n\n";
    }

    public sealed record Done : Step
    {
        public override string Event => "data: [DONE]\n\n";
    }
}
