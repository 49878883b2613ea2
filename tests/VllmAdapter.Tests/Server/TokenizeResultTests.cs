using System.Text;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Server;

public sealed class TokenizeResultTests
{
    [Theory]
    [InlineData("""{"count":2,"max_model_len":2048,"tokens":[1,2]}""", 2, 2048)]
    [InlineData("""{"count":2.0,"max_model_len":"2048","tokens":[1,2]}""", 2, 2048)]
    [InlineData("""{"count":-5,"max_model_len":-2048,"tokens":[1,2]}""", 2, null)]
    [InlineData("""{"count":2,"max_model_len":-1,"tokens":[1,2]}""", 2, null)]
    [InlineData("""{"tokens":[1,2],"count":2,"max_model_len":1000000000000000019884624838656}""", 2, null)]
    [InlineData("""{"tokens":[1,2]}""", 2, null)]
    [InlineData("""{"tokens":[]}""", 0, null)]
    [InlineData("""{"count":3}""", 3, null)]
    [InlineData("""{"count":3,"tokens":null,"token_strs":null}""", 3, null)]
    [InlineData("""{"count":3,"count":4}""", 4, null)]
    public async Task A_count_is_read_and_what_is_no_window_is_none(string body, int count, int? window)
    {
        // sglang hands on what its tokenizer takes for its own length: -1, or 1e30.
        VllmServer server = Saying(body).NewAdapter().Server;

        TokenizeResult tokens = await server.TokenizeAsync("hello there");

        (tokens.Count, tokens.ContextWindow).Should().Be((count, window));
        server.Windows.Of(null).Should().Be(window);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[1,2]")]
    [InlineData("""{"count":-5}""")]
    [InlineData("""{"count":null,"tokens":7}""")]
    public async Task JSON_of_another_kind_is_no_list_of_tokens(string body)
    {
        Func<Task> counting = () => Saying(body).NewAdapter().Server.TokenizeAsync("hello there");

        (await counting.Should().ThrowAsync<VllmRequestException>()).Which.Message.Should().Contain("which is not a list of tokens");
    }

    [Fact]
    public async Task Texts_stand_where_their_tokens_stand()
    {
        TokenizeResult tokens = await Saying("""{"count":3,"tokens":[1,2,3],"token_strs":["a",null,"c"]}""").NewAdapter().Server.TokenizeAsync("abc");

        tokens.Texts.Should().Equal("a", "", "c");
    }

    private static CannedServer Saying(string body) => new() { ContentType = "application/json", Pieces = [Encoding.UTF8.GetBytes(body)] };
}
