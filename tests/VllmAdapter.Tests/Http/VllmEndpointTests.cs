namespace VllmAdapter.Tests.Http;

public sealed class VllmEndpointTests
{
    [Theory]
    [InlineData("http://vllm.test", "http://vllm.test/")]
    [InlineData("http://vllm.test/", "http://vllm.test/")]
    [InlineData("http://vllm.test/v1", "http://vllm.test/")]
    [InlineData("http://vllm.test/v1/", "http://vllm.test/")]
    [InlineData("http://vllm.test/v1/chat/completions", "http://vllm.test/")]
    [InlineData("https://gateway.test:8443/llama/v1/chat/completions/", "https://gateway.test:8443/llama/")]
    [InlineData("https://gateway.test/llama", "https://gateway.test/llama/")]
    [InlineData("http://vllm.test/v1?key=1#top", "http://vllm.test/")]
    [InlineData("http://vllm.test/chat/completions", "http://vllm.test/chat/completions/")]
    public void An_address_is_understood_however_it_was_pasted(string pasted, string root)
    {
        var endpoint = new VllmEndpoint(new Uri(pasted));

        endpoint.At("").Should().Be(new Uri(root));
        endpoint.At(VllmEndpoint.ChatCompletions).Should().Be(new Uri(root + "v1/chat/completions"));
    }

    [Theory]
    [InlineData("ftp://vllm.test")]
    [InlineData("file:///vllm")]
    public void Only_http_will_do(string address)
    {
        Action make = () => _ = new VllmEndpoint(new Uri(address));

        make.Should().Throw<ArgumentException>().WithMessage("Endpoint must be an absolute http or https address*");
    }
}
