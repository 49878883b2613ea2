namespace VllmAdapter.Tests.Serialization;

public sealed class SurrogateHalvesTests
{
    [Theory]
    [InlineData("""{"a": "plain"}""", null)]
    [InlineData("""{"a": "\ud83d\ude00"}""", null)]
    [InlineData("{\"a\": \"\ud83d\ude00\"}", null)]
    [InlineData("""{"a": "\\ud83d"}""", null)]
    [InlineData("""{"a": "\"\u00e9"}""", null)]
    [InlineData("""{"a": "x\ud83d"}""", "{\"a\": \"x\uFFFD\"}")]
    [InlineData("""{"a": "\ude00x"}""", "{\"a\": \"\uFFFDx\"}")]
    [InlineData("""{"a": "\ude00\ud83d"}""", "{\"a\": \"\uFFFD\uFFFD\"}")]
    [InlineData("""{"a": "\\\ud83d"}""", "{\"a\": \"\\\\\uFFFD\"}")]
    [InlineData("""{"\uD83D": 1, "b": "\ud83d\ud83d\ude00"}""", "{\"\uFFFD\": 1, \"b\": \"\uFFFD\\ud83d\\ude00\"}")]
    [InlineData("""{"a": "\ud83""", null)]
    public void A_half_is_found_as_an_escape_and_a_pair_is_left_alone(string json, string? replaced)
    {
        SurrogateHalves.ReplacedIn(json).Should().Be(replaced ?? json);
        SurrogateHalves.AreIn(json).Should().Be(replaced is not null);
    }

    [Fact]
    public void A_half_is_found_as_a_character()
    {
        SurrogateHalves.ReplacedIn("[\"\ud83d\"]").Should().Be("[\"\uFFFD\"]");
        SurrogateHalves.ReplacedIn("[\"\ud83d\\ude00\"]").Should().Be("[\"\ud83d\\ude00\"]", "a pair may be written in two ways");
    }
}
