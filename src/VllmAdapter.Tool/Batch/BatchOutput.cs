using System.Text.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tool.Batch;

/// <summary>The file of results: only ever added to, a whole line at a time, so that a run that was killed can be taken up again.</summary>
internal sealed class BatchOutput : IAsyncDisposable
{
    private readonly Stream _file;
    private readonly string _path;
    private readonly HashSet<UInt128> _done = [];

    private BatchOutput(Stream file, string path) => (_file, _path) = (file, path);

    /// <summary>How many results were there already, by verdict.</summary>
    public Dictionary<string, long> Before { get; } = [];

    public static async Task<BatchOutput> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            // Nobody else writes to it meanwhile: two runs would ask everything twice.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1, FileOptions.Asynchronous);
            return await TakeUpAsync(file, path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"The results cannot be written: {unusable.Message}", innerException: unusable);
        }
    }

    /// <summary>Takes up what an earlier run wrote.</summary>
    public static async Task<BatchOutput> TakeUpAsync(Stream file, string path, CancellationToken cancellationToken)
    {
        var output = new BatchOutput(file, path);
        try
        {
            await output.TakeUpAsync(cancellationToken).ConfigureAwait(false);
            return output;
        }
        catch
        {
            await output.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether a result of this id is there.</summary>
    public bool Has(string id) => _done.Contains(BatchInput.KeyOf(id));

    /// <summary>Adds a result.</summary>
    /// <exception cref="ToolException">It cannot be written; what was written before stays.</exception>
    public async Task AddAsync(byte[] line)
    {
        try
        {
            await _file.WriteAsync((byte[])[.. line, (byte)'\n'], CancellationToken.None).ConfigureAwait(false);
            await _file.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException full)
        {
            throw new ToolException(
                $"The results cannot be written: {full.Message} What was written is in {_path}; make room and run the same command again.", ExitCode.Unavailable, full);
        }
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    // A line that was being written when the run was killed has no end; its request is asked again.
    private async Task TakeUpAsync(CancellationToken cancellationToken)
    {
        long whole = 0;
        long number = 0;
        byte[] buffer = new byte[64 * 1024];
        using var line = new MemoryStream();
        while (await _file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            if (whole == 0 && line.Length == 0 && buffer[0] != '{')
                throw NoResults(1);

            int from = 0;
            while (buffer.AsSpan(from, count - from).IndexOf((byte)'\n') is >= 0 and var length)
            {
                line.Write(buffer, from, length);
                from += length + 1;
                whole += line.Length + 1;
                TakeUp(line.GetBuffer().AsSpan(0, (int)line.Length), ++number);
                line.SetLength(0);
            }

            line.Write(buffer, from, count - from);
        }

        _file.SetLength(whole);
        _file.Seek(whole, SeekOrigin.Begin);
    }

    private void TakeUp(ReadOnlySpan<byte> line, long number)
    {
        if (line.Trim(" \t\r"u8).IsEmpty)
            return;

        try
        {
            var reader = new Utf8JsonReader(line);
            JsonNode? result = JsonNode.Parse(ref reader);
            string id = result!["custom_id"]!.GetValue<string>();
            _done.Add(BatchInput.KeyOf(id));
            string verdict = result["vllm_adapter"]?["verdict"]?.GetValue<string>() ?? (result["error"] is null ? "completed" : "refused");
            Before[verdict] = Before.GetValueOrDefault(verdict) + 1;
        }
        catch (Exception foreign) when (foreign is JsonException or InvalidOperationException or NullReferenceException or ArgumentException)
        {
            throw NoResults(number);
        }
    }

    private ToolException NoResults(long number) =>
        new($"{_path} is there already and holds no results of a batch (line {number:N0}). Name another file, so that nothing is lost.");
}
