using System.Globalization;

namespace VllmAdapter.Agents.Tests.SideBySide;

/// <summary>How often something happened, of how many exchanges in which it could.</summary>
internal readonly record struct Count(string Title, int Happened, int Of)
{
    public override string ToString() =>
        Of == 0 ? "-" : Happened == 0 ? $"0 of {Written(Of)}" : $"**{Written(Happened)}** of {Written(Of)}";

    public static string Written(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
