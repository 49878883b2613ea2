namespace VllmAdapter.Tests.Requests;

public sealed class RegexCheckTests
{
    [Theory]
    [InlineData("(((", "a parenthesis is not closed")]
    [InlineData("(a", "a parenthesis is not closed")]
    [InlineData("a\\)(", "a parenthesis is not closed")]
    [InlineData("([)]", "a parenthesis is not closed")]
    [InlineData("a)", "a parenthesis is closed that was not opened")]
    [InlineData(")(", "a parenthesis is closed that was not opened")]
    [InlineData("[a-z", "a bracket is not closed")]
    [InlineData("[a\\]", "a bracket is not closed")]
    [InlineData("a\\", "it ends in a backslash")]
    [InlineData("*a", "there is nothing before '*' to repeat")]
    [InlineData("a|+b", "there is nothing before '+' to repeat")]
    [InlineData("(?:a)(?)", null)]
    public void A_pattern_that_no_dialect_takes_is_found(string pattern, string? fault) => RegexCheck.FaultOf(pattern).Should().Be(fault);

    [Theory]
    [InlineData("")]
    [InlineData("[a-c]{3}")]
    [InlineData("(a|b)*?c+?")]
    [InlineData("\\(\\[\\\\")]
    [InlineData("[()]+")]
    [InlineData("[]a]")]
    [InlineData("[^]a]")]
    [InlineData("[[]")]
    [InlineData("[[:alpha:]_]+")]
    [InlineData("[a-z&&[^aeiou]]")]
    [InlineData("[]")]
    [InlineData("a]b}c{")]
    [InlineData("(?=a)a(?<!b)(?<name>c)(?P<other>d)")]
    [InlineData("(?i)a(?-i:b)")]
    [InlineData("(?x) a # (\n")]
    [InlineData("^$")]
    public void A_pattern_that_some_dialect_takes_is_left_to_the_server(string pattern) => RegexCheck.FaultOf(pattern).Should().BeNull();
}
