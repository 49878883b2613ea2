namespace VllmAdapter.Tests.Failures;

public sealed class ServerTextTests
{
    [Theory]
    [InlineData("plain words", "plain words")]
    [InlineData("  two\r\n lines\t\tand more \n", "two lines and more")]
    [InlineData("boom\nWARN forged\u001b[31m red\u001b[0m end", "boom WARN forged red end")]
    [InlineData("a\u001b]0;title\u0007b", "a ]0;title b")]
    [InlineData("a\u001b", "a")]
    [InlineData("a\u001b[", "a")]
    [InlineData("a\u001b[31", "a 31")]
    [InlineData("a\u009b31m\u0085b\u2028c", "a 31m b c")]
    [InlineData("user\u202egnp.exe\u202c end\u2066x\u2069", "user gnp.exe end x")]
    [InlineData("family \ud83d\udc68\u200d\ud83d\udc69", "family \ud83d\udc68\u200d\ud83d\udc69")]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData(" \u001b[0m\n", null)]
    public void A_quote_is_one_line_without_control_characters(string? text, string? quote) => ServerText.Quote(text).Should().Be(quote);

    [Theory]
    [InlineData("1 validation error: {'type': 'missing', 'loc': 'body.n', 'msg': 'Field required', 'input': 'private'}", "body.n: Field required")]
    [InlineData("Bad value [type=x, input_value='private', input_type=str], and [type=y, input_value='private 2', input_type=str]", "Bad value [type=x, input_type=str], and [type=y, input_type=str]")]
    [InlineData("Bad value [type=x, input_value='private and cut", "Bad value [type=x")]
    [InlineData("no (parameter=stop, value=['private'])", "no (parameter=stop)")]
    [InlineData("no (parameter=n, value=-1.5)", "no (parameter=n, value=-1.5)")]
    public void What_the_server_repeats_of_the_request_is_left_out(string text, string quote) => ServerText.Quote(text).Should().Be(quote);

    [Fact]
    public void A_quote_is_cut_and_says_so()
    {
        ServerText.Quote(new string('x', 1_000_000)).Should().Be(new string('x', 300) + "…");
        ServerText.Quote(new string('x', 300)).Should().Be(new string('x', 300));
        ServerText.Quote(new string('x', 299) + "\ud83e\udd99", 300).Should().Be(new string('x', 299) + "…");
        ServerText.Quote("finish reason", limit: 6).Should().Be("finish…");
    }

    [Fact]
    public void Keys_are_hidden_before_anything_else()
    {
        ServerText.Quote(new string('x', 290) + " sk-very-secret", Secrets.Of("sk-very-secret")).Should().Be(new string('x', 290) + " ***");
        ServerText.Quote("sk-very\u001b[31m-secret", Secrets.Of("sk-very-secret")).Should().NotContain("sk-very-secret");
    }
}
