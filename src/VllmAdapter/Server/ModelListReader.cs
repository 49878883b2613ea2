using System.Text.Json;

namespace VllmAdapter.Server;

/// <summary>Reads the list of models (<c>/v1/models</c>), as vLLM writes it and as gateways do.</summary>
internal static class ModelListReader
{
    public static IReadOnlyList<ModelCard>? Read(ref Utf8JsonReader reader, CancellationToken cancellationToken)
    {
        switch (reader.TokenType)
        {
            // An empty list without a name might be a list of anything.
            case JsonTokenType.StartArray:
                return ReadCards(ref reader, cancellationToken) is { Count: > 0 } bare ? bare : null;
            case JsonTokenType.StartObject:
                IReadOnlyList<ModelCard>? cards = null;
                while (reader.ReadField())
                {
                    bool isData = reader.FieldName().SequenceEqual("data"u8);
                    reader.Read();
                    if (isData && reader.TokenType == JsonTokenType.StartArray)
                        cards = ReadCards(ref reader, cancellationToken);
                    else
                        reader.SkipValue();
                }

                return cards;
            default:
                return null;
        }
    }

    private static List<ModelCard> ReadCards(ref Utf8JsonReader reader, CancellationToken cancellationToken)
    {
        List<ModelCard> cards = [];
        while (reader.ReadElement())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (reader.TokenType != JsonTokenType.StartObject)
                reader.SkipValue();
            else if (ReadCard(ref reader) is { } card)
                cards.Add(card);
        }

        return WithWindowsOfParents(cards);
    }

    private static ModelCard? ReadCard(ref Utf8JsonReader reader)
    {
        var card = new ModelCard { Id = "" };
        while (reader.ReadField())
        {
            ReadOnlySpan<byte> name = reader.FieldName();
            reader.Read();
            card = name switch
            {
                _ when name.SequenceEqual("id"u8) => card with { Id = LooseJson.ReadName(ref reader) ?? "" },
                _ when name.SequenceEqual("root"u8) => card with { Root = LooseJson.ReadName(ref reader) },
                _ when name.SequenceEqual("parent"u8) => card with { Parent = LooseJson.ReadName(ref reader) },
                _ when name.SequenceEqual("owned_by"u8) => card with { OwnedBy = LooseJson.ReadName(ref reader) },
                _ when name.SequenceEqual("max_model_len"u8) => card with { ContextWindow = LooseJson.ReadWindow(ref reader) },
                _ => Skip(ref reader, card),
            };
        }

        return card.Id.Length > 0 ? card : null;
    }

    private static ModelCard Skip(ref Utf8JsonReader reader, ModelCard card)
    {
        reader.SkipValue();
        return card;
    }

    // A LoRA card says nothing of the window; its parent's card does.
    private static List<ModelCard> WithWindowsOfParents(List<ModelCard> cards)
    {
        if (!cards.Exists(IsOpen))
            return cards;

        Dictionary<string, int?> windows = new(StringComparer.Ordinal);
        foreach (ModelCard card in cards)
            windows.TryAdd(card.Id, card.ContextWindow);

        return cards.ConvertAll(card => IsOpen(card) ? card with { ContextWindow = windows.GetValueOrDefault(card.Parent!) } : card);
    }

    private static bool IsOpen(ModelCard card) => card is { ContextWindow: null, Parent: not null };
}
