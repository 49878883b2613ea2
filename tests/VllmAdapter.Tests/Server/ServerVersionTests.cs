namespace VllmAdapter.Tests.Server;

public sealed class ServerVersionTests
{
    [Theory]
    [InlineData("0.32.0", "0.32.0")]
    [InlineData("v0.8.5", "0.8.5")]
    [InlineData("0.20.1rc1.dev123+g0a1b2c3", "0.20.1")]
    [InlineData("0.8.5.post1", "0.8.5")]
    [InlineData("0.11", "0.11.0")]
    [InlineData("1.0.0+cu128", "1.0.0")]
    [InlineData("dev", null)]
    [InlineData("", null)]
    [InlineData("99999999999.1.0", null)]
    public void The_number_is_read_off_the_front(string text, string? number) =>
        new ServerVersion(text).Number?.ToString().Should().Be(number);

    [Theory]
    [InlineData("0.32.0", 0, 32, true)]
    [InlineData("0.20.2", 0, 32, false)]
    [InlineData("0.32.1.dev4", 0, 32, true)]
    [InlineData("nightly", 0, 32, null)]
    public void An_unknown_number_is_neither_older_nor_newer(string text, int major, int minor, bool? expected) =>
        new ServerVersion(text).IsAtLeast(major, minor).Should().Be(expected);
}
