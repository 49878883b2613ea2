using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>Brings an adapter and the speech of Microsoft.Extensions.AI together.</summary>
/// <remarks>Experimental, because what it implements is: Microsoft may change it in any release (MEAI001).</remarks>
[Experimental("MEAI001", UrlFormat = "https://aka.ms/dotnet-extensions-warnings/{0}")]
public static class VllmSpeechToTextClientExtensions
{
    /// <summary>Makes a client of the adapter that writes speech down.</summary>
    /// <param name="adapter">The adapter; the client does not own it, and disposing the client does nothing.</param>
    /// <param name="model">The model of requests that name none; null: the adapter's.</param>
    /// <remarks>
    /// <para>
    /// The client is thread-safe. The text is in the language that is spoken, or in English if <see cref="SpeechToTextOptions.TextLanguage"/> is <c>en</c> and
    /// <see cref="SpeechToTextOptions.SpeechLanguage"/> is not; another pair of languages is refused with <see cref="NotSupportedException"/>. Of a tag such
    /// as <c>de-DE</c> the language counts. <see cref="SpeechToTextOptions.AdditionalProperties"/> are fields of the form, such as <c>prompt</c> or
    /// <c>temperature</c>; <see cref="SpeechToTextOptions.SpeechSampleRate"/> is not used, for the file says it.
    /// </para>
    /// <para>
    /// A text that was cut throws <see cref="IncompleteStreamException"/> like one that broke off, after everything received was handed out and whatever
    /// <see cref="IncompleteStreamBehavior"/> says: a response has no way to tell that it is not whole.
    /// </para>
    /// </remarks>
    public static ISpeechToTextClient AsISpeechToTextClient(this VllmInferenceAdapter adapter, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        return new VllmSpeechToTextClient(adapter, model);
    }

    /// <summary>How the writing ended; null if the response comes from another client.</summary>
    /// <param name="response">A response.</param>
    public static StreamOutcome? GetStreamOutcome(this SpeechToTextResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return (response.RawRepresentation as Transcription)?.Outcome ?? CarriedOutcome.Read(response.AdditionalProperties);
    }

    /// <summary>How the stream ended that this update is the last of; null for any other update.</summary>
    /// <param name="update">An update.</param>
    public static StreamOutcome? GetStreamOutcome(this SpeechToTextResponseUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        return update.RawRepresentation as StreamOutcome ?? CarriedOutcome.Read(update.AdditionalProperties);
    }
}
