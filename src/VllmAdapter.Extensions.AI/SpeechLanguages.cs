using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI;

/// <summary>What languages options ask for: vLLM writes down what it hears in its own language, or in English.</summary>
[Experimental("MEAI001", UrlFormat = "https://aka.ms/dotnet-extensions-warnings/{0}")]
internal static class SpeechLanguages
{
    private const string English = "en";

    /// <summary>The language of a tag such as <c>de-DE</c>, which is all that vLLM accepts.</summary>
    public static string? CodeOf(string? tag) => tag?.Split('-', '_')[0].ToLowerInvariant();

    /// <summary>Whether English is asked for, and another language is spoken, or one that nobody named.</summary>
    public static bool Translates(SpeechToTextOptions? options) =>
        CodeOf(options?.TextLanguage) == English && CodeOf(options?.SpeechLanguage) != English;

    /// <exception cref="NotSupportedException">The text is wanted in a language that vLLM does not translate into.</exception>
    public static void ThrowIfUnknown(SpeechToTextOptions? options)
    {
        string? wanted = CodeOf(options?.TextLanguage);
        if (wanted is not null && wanted != English && wanted != CodeOf(options?.SpeechLanguage))
        {
            throw new NotSupportedException(
                $"vLLM transcribes speech in its own language or translates it into English, not into '{options!.TextLanguage}'. Set TextLanguage to that of SpeechLanguage or to 'en', or leave it out.");
        }
    }
}
