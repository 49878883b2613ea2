namespace VllmAdapter.Tests.ToolCalls;

public sealed class ArgumentsTextTests
{
    [Theory]
    [InlineData("", "Empty")]
    [InlineData(" \t\r\n", "Empty")]
    [InlineData("{}", "Object")]
    [InlineData(" {} \n", "Object")]
    [InlineData("""{"city": "Paris"}""", "Object")]
    [InlineData("""{"a": {"b": [1, {"c": null}]}}""", "Object")]
    [InlineData("""{"a": 1, "a": 2}""", "Object")]
    [InlineData("""{"a": "\ud83d"}""", "Object")]
    [InlineData("{", "Open")]
    [InlineData("""{"city""", "Open")]
    [InlineData("""{"city": """, "Open")]
    [InlineData("""{"city": "Par""", "Open")]
    [InlineData("""{"city": "Paris" """, "Open")]
    [InlineData("""{"city": "Paris", """, "Open")]
    [InlineData("""{"a": [1, 2""", "Open")]
    [InlineData("""{"a": tru""", "Open")]
    [InlineData("\"Par", "Open")]
    [InlineData("[", "Open")]
    [InlineData("tru", "Open")]
    [InlineData("-", "Open")]
    [InlineData("[]", "NotAnObject")]
    [InlineData("[{}]", "NotAnObject")]
    [InlineData("\"text\"", "NotAnObject")]
    [InlineData("7", "NotAnObject")]
    [InlineData("-7.5e3", "NotAnObject")]
    [InlineData("true", "NotAnObject")]
    [InlineData("null", "NotAnObject")]
    [InlineData("{}{}", "Malformed")]
    [InlineData("{} x", "Malformed")]
    [InlineData("[] x", "Malformed")]
    [InlineData("7 8", "Malformed")]
    [InlineData("{bags [now]}", "Malformed")]
    [InlineData("""{"a": 1,}""", "Malformed")]
    [InlineData("""{"a": NaN}""", "Malformed")]
    [InlineData("{'a': 1}", "Malformed")]
    [InlineData("""{"a": 1} // why""", "Malformed")]
    [InlineData("{\"a\": \"line\nbreak\"}", "Malformed")]
    [InlineData("}", "Malformed")]
    [InlineData("Paris", "Malformed")]
    [InlineData("\ufeff{}", "Malformed")]
    public void The_text_of_arguments_is(string text, string reading) => ArgumentsTextReading.Read(text).ToString().Should().Be(reading);

    // Not rows: the runner would replace the halves.
    [Fact]
    public void Half_a_character_is_no_text()
    {
        ArgumentsTextReading.Read("{\"a\": \"\ud83d\ude00\"}").Should().Be(ArgumentsText.Object);
        ArgumentsTextReading.Read("{\"a\": \"\ud83d\"}").Should().Be(ArgumentsText.Malformed);
        ArgumentsTextReading.Read("{\"a\": \"\ude00\"}").Should().Be(ArgumentsText.Malformed);
        ArgumentsTextReading.Read("{\"a\": \"\ud83d").Should().Be(ArgumentsText.Open);
    }

    /// <summary>Python gives up at about 1,000 levels, .NET's readers at 64 unless told otherwise.</summary>
    [Theory]
    [InlineData(65, "Object")]
    [InlineData(500, "Object")]
    [InlineData(5_000, "Malformed")]
    public void Arguments_may_nest_deep(int levels, string reading) =>
        ArgumentsTextReading.Read($"{{\"a\": {new string('[', levels)}{new string(']', levels)}}}").ToString().Should().Be(reading);

    [Fact]
    public void Every_beginning_of_a_whole_object_is_open()
    {
        const string whole = """{"title": "Trip \"to\" Orl\u00e9ans", "steps": [1, -2.5, true, null, {"x": []}]}""";

        for (int length = 1; length < whole.Length; length++)
            ArgumentsTextReading.Read(whole[..length]).Should().Be(ArgumentsText.Open, whole[..length]);

        ArgumentsTextReading.Read(whole).Should().Be(ArgumentsText.Object);
    }
}
