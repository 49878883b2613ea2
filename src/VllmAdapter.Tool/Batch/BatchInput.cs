using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace VllmAdapter.Tool.Batch;

/// <summary>The lines of a batch file, read one at a time: a file may be longer than memory.</summary>
internal sealed class BatchInput(string path)
{
    /// <summary>How many lines there are that are not blank.</summary>
    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        long count = 0;
        using StreamReader reader = Open();
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            count += string.IsNullOrWhiteSpace(line) ? 0 : 1;

        return count;
    }

    /// <summary>The lines that are not blank. A second line of the same id has a fault.</summary>
    public async IAsyncEnumerable<BatchLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<UInt128> ids = [];
        long number = 0;
        using StreamReader reader = Open();
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } text)
        {
            number++;
            if (string.IsNullOrWhiteSpace(text))
                continue;

            BatchLine line = BatchLine.Read(number, text);
            yield return line.Id is { } id && !ids.Add(KeyOf(id))
                ? new BatchLine { Number = number, Fault = $"The custom_id \"{id}\" was there before; it is asked once." }
                : line;
        }
    }

    /// <summary>Stands for an id, so that sixteen bytes of each are kept, however long it is.</summary>
    public static UInt128 KeyOf(string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private StreamReader Open()
    {
        try
        {
            return new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 64 * 1024, FileOptions.SequentialScan | FileOptions.Asynchronous));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"The batch file cannot be read: {unreadable.Message}", innerException: unreadable);
        }
    }
}
