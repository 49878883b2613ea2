using System.Text;

namespace VllmAdapter.Tool.Tests;

/// <summary>Keeps what is printed, and lets a test wait for a line.</summary>
internal sealed class SignalingWriter : TextWriter
{
    private readonly StringBuilder _text = new();
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Came)> _waiting = [];

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        lock (_text)
        {
            _text.Append(value);
            _waiting.RemoveAll(wait => Line(wait.Wanted) is { } line && wait.Came.TrySetResult(line));
        }
    }

    /// <summary>The first whole line that is wanted, now or as soon as it comes.</summary>
    public Task<string> LineAsync(Func<string, bool> wanted)
    {
        lock (_text)
        {
            if (Line(wanted) is { } line)
                return Task.FromResult(line);

            var came = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((wanted, came));
            return came.Task;
        }
    }

    public override string ToString()
    {
        lock (_text)
            return _text.ToString();
    }

    private string? Line(Func<string, bool> wanted) => _text.ToString().Split('\n')[..^1].FirstOrDefault(wanted);
}
