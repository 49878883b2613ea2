namespace VllmAdapter.Tests.Requests;

public class ContentPartTests
{
    [Fact]
    public void A_relative_URL_is_refused_for_the_server_cannot_know_to_what() =>
        FluentActions.Invoking(() => ContentPart.Image(new Uri("c.png", UriKind.Relative)))
            .Should().Throw<ArgumentException>().WithMessage("'c.png' is relative*absolute URL*");

    [Fact]
    public void Bytes_need_a_media_type() =>
        FluentActions.Invoking(() => ContentPart.Image(new byte[] { 1 }, "")).Should().Throw<ArgumentException>();

    [Fact]
    public void A_data_URL_may_be_longer_than_a_Uri_can_be() =>
        ContentPart.Image(new byte[3_000_000], "image/png").Url.Should().HaveLength(4_000_022);
}
