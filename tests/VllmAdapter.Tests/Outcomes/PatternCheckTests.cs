namespace VllmAdapter.Tests.Outcomes;

public sealed class PatternCheckTests
{
    [Theory]
    [InlineData("[a-z]+", "abc", true)]
    [InlineData("[a-z]+", "abc1", false)]
    [InlineData("a|b", "b", true)]
    [InlineData("a|b", "ab", false)]
    [InlineData("^a|b$", "b", true)]
    [InlineData(@"\d{4}-\d{2}-\d{2}", "2026-11-25", true)]
    [InlineData(@"\d{4}-\d{2}-\d{2}", "tomorrow", false)]
    [InlineData("(?:yes|no)", "maybe", false)]
    [InlineData("(yes|no)", "no", true)]
    [InlineData(@"[^\]]+", "abc", true)]
    [InlineData(@"\w+@\w+\.com\n", "a@b.com\n", true)]
    [InlineData("a.c", "a\nc", true)]
    public void A_text_matches_as_a_whole_or_not(string pattern, string text, bool matches) =>
        PatternCheck.Matches(pattern, text).Should().Be(matches);

    [Theory]
    [InlineData("look around", "a(?=b)b")]
    [InlineData("look behind", "(?<!a)b")]
    [InlineData("options", "(?i)ABC")]
    [InlineData("a name", "(?<name>a)")]
    [InlineData("a back reference", @"(a)\1")]
    [InlineData("a property", @"\p{L}+")]
    [InlineData("a word boundary", @"\bword\b")]
    [InlineData("a possessive quantifier", "a++b")]
    [InlineData("a class in a class", "[a[b]]")]
    [InlineData("an intersection of classes", "[a&&b]")]
    [InlineData("an escape at the end", "a\\")]
    [InlineData("no expression at all", "a(")]
    public void Of_what_dialects_read_differently_nothing_is_said(string what, string pattern) =>
        PatternCheck.Matches(pattern, "something else").Should().BeNull(what);

    [Theory]
    [InlineData(@"\w+ \w+", "naïve")]
    [InlineData("[^a]", "日本")]
    public void Of_text_beyond_ascii_that_does_not_match_nothing_is_said(string pattern, string text) =>
        PatternCheck.Matches(pattern, text).Should().BeNull();

    [Fact]
    public void What_takes_too_long_is_not_looked_at_to_its_end() =>
        PatternCheck.Matches("(a*)*b", new string('a', 40)).Should().BeNull();
}
