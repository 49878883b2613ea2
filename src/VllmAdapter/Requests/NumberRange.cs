using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace VllmAdapter;

/// <summary>The range that every vLLM since 0.8.5 holds a number of a request to.</summary>
/// <param name="Field">The field of the body.</param>
/// <param name="Member">The member of <see cref="ChatRequest"/> that writes it.</param>
/// <param name="Range">The range in words, as in "must be .."; limits included unless it says "above".</param>
/// <param name="Least">The lowest number in it.</param>
/// <param name="Most">The highest number in it.</param>
/// <param name="IsOpen">Whether <paramref name="Least"/> itself is outside.</param>
internal sealed record NumberRange(string Field, string Member, string Range, decimal Least, decimal Most, bool IsOpen = false)
{
    private static readonly decimal Smallest = new(1, 0, 0, isNegative: false, scale: 28);

    /// <summary>A number outside that stands within the limits.</summary>
    public decimal? Except { get; init; }

    /// <summary>Whether a fraction is refused.</summary>
    public bool IsWhole { get; init; }

    public static NumberRange Whole(string field, string member, string range, decimal least, decimal most = decimal.MaxValue) =>
        new(field, member, range, least, most) { IsWhole = true };

    /// <summary>What is wrong with the first number that is outside of its range; null if none is.</summary>
    public static string? FirstFault(JsonElement body, NumberRange[] ranges)
    {
        foreach (NumberRange range in ranges)
        {
            if (range.FaultOf(body) is { } fault)
                return fault;
        }

        return null;
    }

    /// <summary>What is wrong; null if nothing is, or if the field is not there.</summary>
    public string? FaultOf(JsonElement body)
    {
        if (body.At(Field) is not { } value)
            return null;

        bool isTaken = value.ValueKind switch
        {
            JsonValueKind.Number => Allows(JsonMarshal.GetRawUtf8Value(value)),
            JsonValueKind.String => MayBeNumber(value.GetString()!),
            _ => true,
        };
        return isTaken ? null : $"{Member} ({Field}) must be {Range}, but is {(value.ValueKind == JsonValueKind.String ? $"\"{value.GetString()}\"" : value.GetRawText())}";
    }

    // "4" is a number to vLLM; only what can be none is refused.
    private static bool MayBeNumber(string said) =>
        said.Any(char.IsDigit) || said.Contains("nan", StringComparison.OrdinalIgnoreCase) || said.Contains("inf", StringComparison.OrdinalIgnoreCase);

    private bool Allows(ReadOnlySpan<byte> number)
    {
        // Beyond what a decimal holds there is only the sign to look at.
        double rough = double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact))
            exact = rough < 0 ? decimal.MinValue : decimal.MaxValue;
        else if (exact == 0 && rough != 0)
            exact = rough < 0 ? -Smallest : Smallest;

        return (IsOpen ? exact > Least : exact >= Least) && exact <= Most && exact != Except && !(IsWhole && exact != decimal.Truncate(exact));
    }
}
