namespace VllmAdapter.Tests.Failures;

public class RetryAfterTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData(" 120 ", 120)]
    [InlineData("-5", 0)]
    [InlineData("1.5", 1.5)]
    [InlineData("Sun, 22 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("Sun, 22 Nov 2026 11:59:00 GMT", 0)]
    [InlineData("Sunday, 22-Nov-26 12:00:30 GMT", 30)]
    public void Seconds_and_dates_are_read(string header, double seconds) =>
        RetryAfter.Parse(header, new Noon()).Should().Be(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("5, 7")]
    [InlineData("NaN")]
    public void Anything_else_says_nothing(string? header) =>
        RetryAfter.Parse(header, new Noon()).Should().BeNull();

    [Theory]
    [InlineData("99999999999")]
    [InlineData("99999999999999999999999999999999999999999999999")]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    public void What_fits_no_number_is_a_long_wait_and_not_none(string header) =>
        RetryAfter.Parse(header, new Noon()).Should().BeGreaterThanOrEqualTo(TimeSpan.FromDays(365 * 60));

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    }
}
