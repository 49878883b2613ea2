using System.Text;
using System.Text.Json;

namespace VllmAdapter.Tests.Wire;

/// <summary>Text between quotes reads as .NET reads it, whatever stands side by side in it.</summary>
public sealed class JsonTextTests
{
    private static readonly string[] Parts = ["a", "\u00e9", "\U0001f999", "\\n", "\\\"", "\\u00e9", "\\ud83e\\udd99", new('b', 16), new('c', 17), new('d', 300)];

    [Fact]
    public void Every_row_of_three_parts_reads_as_one_text()
    {
        IEnumerable<string> rows = from one in Parts from two in Parts from three in Parts select one + two + three;

        foreach (string row in rows)
            JsonText.ReadPiece(Encoding.UTF8.GetBytes(row)).Should().Be(JsonSerializer.Deserialize<string>($"\"{row}\""), row);
    }
}
