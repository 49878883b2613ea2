using System.Buffers;

namespace VllmAdapter;

/// <summary>The model that answered, as far as a measurement may name it: each new name is a new series, and it is the server's word.</summary>
internal static class MeasuredModel
{
    private const int Longest = 100;

    private static readonly SearchValues<char> Ordinary =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:/@+");

    /// <summary>The name if it is the one asked for, or reads like one; else null.</summary>
    public static string? Of(string? model, ChatCall call) => Of(model, call.Model, call.Secrets);

    /// <inheritdoc cref="Of(string?, ChatCall)"/>
    public static string? Of(string? model, string? asked, Secrets secrets) =>
        model is not null && (model == asked || (model.Length is > 0 and <= Longest && !model.AsSpan().ContainsAnyExcept(Ordinary)))
        && !secrets.AreIn(model) ? model : null;
}
