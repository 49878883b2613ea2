using System.Globalization;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>Reads the list that a pooling model answers with, and sees that it is whole: as many entries as there must be, each place once.</summary>
/// <param name="field">The name of the list: <c>data</c>, or <c>results</c>.</param>
/// <param name="noun">What an entry is called: <c>embedding</c>.</param>
/// <param name="inputs">The member of the request that the indexes are of: <c>Inputs</c>.</param>
/// <param name="readEntry">Reads an entry.</param>
internal sealed class PoolingReplyReader<T>(string field, string noun, string inputs, PoolingEntryReading<T> readEntry)
{
    /// <param name="reply">The reply.</param>
    /// <param name="places">How many inputs there were: indexes are below it.</param>
    /// <param name="count">How many entries there must be.</param>
    /// <param name="first">The number of the first input in what the caller asked, for sentences.</param>
    /// <param name="cancellationToken">Ends the reading of a long reply.</param>
    /// <returns>The entries by the order in which they came, with their places; null if the reply is of another kind.</returns>
    /// <exception cref="InvalidReplyException">It is a list of the right kind, but not a whole one.</exception>
    public (PoolingReply<T> Reply, int[] Places)? Read(ServerReply reply, int places, int count, int first, CancellationToken cancellationToken)
    {
        var reader = new Utf8JsonReader(reply.Json, JsonText.Reading);
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? Read(ref reader, places, count, first, cancellationToken) : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private (PoolingReply<T> Reply, int[] Places)? Read(
        ref Utf8JsonReader reader, int places, int count, int first, CancellationToken cancellationToken)
    {
        var list = new EntryList(noun, inputs, places, count, first);
        bool hasList = false;
        string? id = null;
        string? model = null;
        int? tokens = null;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            bool isList = !hasList && Is(name, field);
            bool isError = name.SequenceEqual("error"u8);
            bool isId = name.SequenceEqual("id"u8);
            bool isModel = name.SequenceEqual("model"u8);
            bool isUsage = name.SequenceEqual("usage"u8);
            reader.Read();
            if (isError && reader.TokenType != JsonTokenType.Null)
                return null;

            if (isList && reader.TokenType == JsonTokenType.StartArray)
            {
                hasList = true;
                while (reader.ReadElement())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    list.Add(reader.TokenType == JsonTokenType.StartObject ? readEntry(ref reader) : Skipped(ref reader));
                }
            }
            else if (isId)
            {
                id = LooseJson.ReadName(ref reader);
            }
            else if (isModel)
            {
                model = LooseJson.ReadName(ref reader);
            }
            else if (isUsage)
            {
                tokens = ReadTokens(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        // What follows the object is no JSON any more.
        if (reader.Read() || !hasList)
            return null;

        (T[] entries, int[] found) = list.Whole();
        return (new PoolingReply<T>(entries) { Id = id, Model = model, PromptTokens = tokens }, found);
    }

    private static PoolingEntry<T> Skipped(ref Utf8JsonReader reader)
    {
        reader.SkipValue();
        return new PoolingEntry<T>(null, default, "is not an object");
    }

    private static bool Is(ReadOnlySpan<byte> name, string expected) =>
        name.Length == expected.Length && System.Text.Ascii.Equals(name, expected);

    private static int? ReadTokens(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.SkipValue();
            return null;
        }

        int? prompt = null;
        int? total = null;
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            bool isPrompt = name.SequenceEqual("prompt_tokens"u8);
            bool isTotal = name.SequenceEqual("total_tokens"u8);
            reader.Read();
            if (isPrompt)
                prompt = JsonText.ReadCount(ref reader);
            else if (isTotal)
                total = JsonText.ReadCount(ref reader);
            else
                reader.SkipValue();
        }

        return prompt ?? total;
    }

    // The first thing that is wrong is told once all of the reply was seen to be JSON.
    private sealed class EntryList(string noun, string inputs, int places, int count, int first)
    {
        private readonly List<T> _entries = new(Math.Min(count, 4096));
        private readonly List<int> _places = new(Math.Min(count, 4096));
        private readonly bool[] _seen = new bool[places];
        private string? _problem;
        private int _came;

        public void Add(PoolingEntry<T> entry)
        {
            _came++;
            _problem ??= ProblemOf(entry);
            if (_problem is not null || entry.Index is not { } index || _entries.Count == count)
                return;

            _seen[index] = true;
            _entries.Add(entry.Value!);
            _places.Add(index);
        }

        public (T[] Entries, int[] Places) Whole()
        {
            if (_problem is not null)
                throw new InvalidReplyException(_problem);
            if (_came != count)
                throw new InvalidReplyException($"it holds {Number(_came)} {noun}{(_came == 1 ? "" : "s")} where {Number(count)} {(count == 1 ? "is" : "are")} due{Missing()}");

            return ([.. _entries], [.. _places]);
        }

        private string? ProblemOf(PoolingEntry<T> entry) => entry switch
        {
            { Index: null, Problem: { } problem } => $"an entry of its list {problem}",
            { Index: null } => "an entry of its list does not say by an index what it belongs to",
            { Index: { } index } when index < 0 || index >= places =>
                $"it holds a result for {inputs}[{first + index}], but asked about were {inputs}[{first}] to [{first + places - 1}]",
            { Index: { } index } when _seen[index] => $"it holds two results for {inputs}[{first + index}]",
            { Index: { } index, Problem: { } problem } => $"the {noun} of {inputs}[{first + index}] {problem}",
            _ => null,
        };

        private string Missing() =>
            _came < count && count == places && Array.IndexOf(_seen, false) is >= 0 and var missing
                ? $"; the first one missing is that of {inputs}[{first + missing}]"
                : "";

        private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
    }
}
