using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace VllmAdapter.Server;

/// <summary>The fields of one request that not every server knows, and what to do if this one does not.</summary>
internal sealed class FieldQuestion
{
    private readonly IReadOnlyList<string> _fields;
    private readonly bool _refuses;
    private readonly FieldLearning _learning;
    private readonly ILogger _logger;

    private FieldQuestion(IReadOnlyList<string> fields, bool refuses, FieldLearning learning, ILogger logger) =>
        (_fields, _refuses, _learning, _logger) = (fields, refuses, learning, logger);

    /// <summary>The question that a body raises; null for none, which costs a look at the names of its fields.</summary>
    /// <param name="body">The finished body.</param>
    /// <param name="behavior">What to do about a field that the server does not know.</param>
    /// <param name="learning">What the server has reported about its fields.</param>
    /// <param name="logger">Where to note it.</param>
    /// <param name="ofTheRoute">Fields that only a route other than chat has; of them nothing is known.</param>
    public static FieldQuestion? Of(
        JsonElement body, UnknownFieldBehavior behavior, FieldLearning learning, ILogger logger, IReadOnlySet<string>? ofTheRoute = null)
    {
        if (behavior == UnknownFieldBehavior.Off)
            return null;

        List<string>? fields = null;
        foreach (JsonProperty property in body.EnumerateObject())
        {
            if (IsInNearlyAll(property))
                continue;

            string field = property.Name;
            if (!FieldHistory.IsKnownEverywhere(field) && ofTheRoute?.Contains(field) is not true)
                (fields ??= []).Add(field);
        }

        return fields is null ? null : new FieldQuestion(fields, behavior == UnknownFieldBehavior.Refuse, learning, logger);
    }

    // So that their names need not be made into strings to be looked up.
    private static bool IsInNearlyAll(JsonProperty field) =>
        field.NameEquals("model"u8) || field.NameEquals("messages"u8) || field.NameEquals("stream"u8) || field.NameEquals("stream_options"u8)
        || field.NameEquals("max_tokens"u8) || field.NameEquals("temperature"u8) || field.NameEquals("tools"u8);

    /// <summary>Tells of the fields that the server ignores. Only who wants to refuse waits until the server has said which they are.</summary>
    /// <exception cref="VllmRequestException">There is such a field, and it is to be refused.</exception>
    /// <exception cref="OperationCanceledException">The request was ended meanwhile.</exception>
    public async ValueTask AskAsync(CancellationToken cancellationToken)
    {
        if (!_refuses)
        {
            _learning.Note(_fields, _logger);
            return;
        }

        if (!_learning.IsLearned)
            await _learning.LearnOnceAsync().WaitAsync(cancellationToken).ConfigureAwait(false);

        if (_fields.Select(_learning.WhyIgnored).FirstOrDefault(why => why is not null) is { } ignored)
        {
            throw new VllmRequestException(
                $"The request was not sent. {ignored} Leave it out, or set VllmAdapterOptions.UnknownFields to Note.", RequestFailure.BadRequest)
            { Attempts = 0 };
        }
    }
}
