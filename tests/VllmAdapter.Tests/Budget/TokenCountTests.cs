namespace VllmAdapter.Tests.Budget;

public sealed class TokenCountTests
{
    [Fact]
    public void An_exact_count_has_one_value() =>
        TokenCount.Exactly(7).Should().Match<TokenCount>(count => count.Min == 7 && count.Max == 7 && count.IsExact);

    [Fact]
    public void A_count_between_bounds_is_not_exact() =>
        TokenCount.Between(7, 9).Should().Match<TokenCount>(count => count.Min == 7 && count.Max == 9 && !count.IsExact);

    [Fact]
    public void Bounds_that_meet_are_exact() => TokenCount.Between(7, 7).Should().Be(TokenCount.Exactly(7));

    [Fact]
    public void A_lower_bound_has_no_upper_one() =>
        TokenCount.AtLeast(7).Should().Match<TokenCount>(count => count.Min == 7 && count.Max == null && !count.IsExact);

    [Fact]
    public void Nothing_known_is_not_zero() =>
        default(TokenCount).Should().Be(TokenCount.AtLeast(0)).And.NotBe(TokenCount.Exactly(0));

    public static TheoryData<TokenCount, TokenCount, TokenCount> Sums => new()
    {
        { TokenCount.Exactly(2), TokenCount.Exactly(3), TokenCount.Exactly(5) },
        { TokenCount.Exactly(2), TokenCount.Between(3, 10), TokenCount.Between(5, 12) },
        { TokenCount.Between(1, 2), TokenCount.Between(3, 10), TokenCount.Between(4, 12) },
        { TokenCount.Exactly(2), TokenCount.AtLeast(3), TokenCount.AtLeast(5) },
        { TokenCount.Between(1, 2), TokenCount.AtLeast(3), TokenCount.AtLeast(4) },
        { TokenCount.AtLeast(1), TokenCount.AtLeast(3), TokenCount.AtLeast(4) },
    };

    [Theory]
    [MemberData(nameof(Sums))]
    public void Counts_add_up(TokenCount one, TokenCount other, TokenCount sum)
    {
        (one + other).Should().Be(sum);
        (other + one).Should().Be(sum);
        one.Add(other).Should().Be(sum);
    }

    [Fact]
    public void The_true_sum_is_never_outside()
    {
        var random = new Random(20_261_122);
        for (int round = 0; round < 1_000; round++)
        {
            (TokenCount Count, long Truth)[] turns = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => Turn(random))];
            TokenCount sum = turns.Aggregate(TokenCount.Exactly(0), (total, turn) => total + turn.Count);
            long truth = turns.Sum(turn => turn.Truth);

            sum.Min.Should().BeLessThanOrEqualTo(truth);
            (sum.Max ?? long.MaxValue).Should().BeGreaterThanOrEqualTo(truth);
            sum.IsExact.Should().Be(turns.All(turn => turn.Count.IsExact));
        }
    }

    [Theory]
    [InlineData("1,234", 1234, 1234L)]
    [InlineData("20 to 1,200", 20, 1200L)]
    [InlineData("at least 7", 7, null)]
    public void A_count_reads_as_words(string words, long min, long? max) =>
        (max is { } most ? TokenCount.Between(min, most) : TokenCount.AtLeast(min)).ToString().Should().Be(words);

    [Fact]
    public void No_count_is_negative_or_upside_down()
    {
        FluentActions.Invoking(() => TokenCount.Exactly(-1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => TokenCount.AtLeast(-1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => TokenCount.Between(-1, 1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => TokenCount.Between(2, 1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A_sum_too_large_to_count_is_no_small_number() =>
        FluentActions.Invoking(() => TokenCount.Exactly(long.MaxValue) + TokenCount.Exactly(1)).Should().Throw<OverflowException>();

    private static (TokenCount Count, long Truth) Turn(Random random)
    {
        long truth = random.Next(0, 10_000);
        return random.Next(3) switch
        {
            0 => (TokenCount.Exactly(truth), truth),
            1 => (TokenCount.Between(random.NextInt64(0, truth + 1), truth + random.Next(1, 500)), truth),
            _ => (TokenCount.AtLeast(random.NextInt64(0, truth + 1)), truth),
        };
    }
}
