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
    [InlineData("http://vllm.test/v1#top", "http://vllm.test/")]
    [InlineData("http://vllm.test/V1", "http://vllm.test/")]
    [InlineData("http://vllm.test/V1/Chat/Completions", "http://vllm.test/")]
    [InlineData("http://vllm.test/v1/models", "http://vllm.test/")]
    [InlineData("http://vllm.test/v1/completions/", "http://vllm.test/")]
    [InlineData("http://vllm.test/llm/v1/embeddings", "http://vllm.test/llm/")]
    [InlineData("http://vllm.test/api", "http://vllm.test/api/")]
    [InlineData("http://vllm.test/models", "http://vllm.test/models/")]
    [InlineData("http://vllm.test/vllm", "http://vllm.test/vllm/")]
    [InlineData("http://vllm.test/v2.1", "http://vllm.test/v2.1/")]
    [InlineData("http://vllm.test//llm//v1/", "http://vllm.test//llm//")]
    public void An_address_is_understood_however_it_was_pasted(string pasted, string root)
    {
        var endpoint = new VllmEndpoint(new Uri(pasted));

        endpoint.At("").Should().Be(new Uri(root));
        endpoint.At(VllmEndpoint.ChatCompletions).Should().Be(new Uri(root + "v1/chat/completions"));
    }

    [Theory]
    [InlineData("http://ovms.test/v3", "http://ovms.test/v3/chat/completions", "http://ovms.test/")]
    [InlineData("http://ovms.test/v3/chat/completions", "http://ovms.test/v3/chat/completions", "http://ovms.test/")]
    [InlineData("http://ovms.test/llm/v3/models", "http://ovms.test/llm/v3/chat/completions", "http://ovms.test/llm/")]
    [InlineData("https://gateway.test/v1beta", "https://gateway.test/v1beta/chat/completions", "https://gateway.test/")]
    [InlineData("https://webui.test/api/chat/completions", "https://webui.test/api/chat/completions", "https://webui.test/api/")]
    [InlineData("http://litellm.test/chat/completions", "http://litellm.test/chat/completions", "http://litellm.test/")]
    public void Another_version_or_none_is_understood_where_it_is_written_out(string pasted, string chat, string root)
    {
        var endpoint = new VllmEndpoint(new Uri(pasted));

        endpoint.At(VllmEndpoint.ChatCompletions).Should().Be(new Uri(chat));
        endpoint.At(VllmEndpoint.Models).Should().Be(new Uri(chat.Replace("chat/completions", "models", StringComparison.Ordinal)));
        endpoint.At(VllmEndpoint.Tokenize).Should().Be(new Uri(root + "tokenize"));
    }

    /// <summary>Address, the sentence that refuses it.</summary>
    public static TheoryData<string, string> Unusable => new()
    {
        { "ftp://vllm.test", "Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"ftp://vllm.test\"." },
        { "file:///vllm", "Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"file:///vllm\"." },
        { "/v1?key=secret", "Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"/v1\"." },
        { "ftp://user:secret@vllm.test/v1", "Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"ftp://vllm.test/v1\"." },
        { "user:secret@vllm.test", "Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"vllm.test\"." },
        {
            "http://user:secret@vllm.test/v1",
            "Endpoint must not contain a user name or password, which would never be sent, but \"http://vllm.test/v1\" has them. "
            + "Set ApiKey, or send the Authorization header (RequestHeaders.Additional)."
        },
        {
            "http://vllm.test/v1?api-version=secret",
            "Endpoint must not have a query, which would not reach the routes, but \"http://vllm.test/v1\" has one. "
            + "Set ApiKey if it is a key; if the gateway needs it on every request, add it in a message handler of the HttpClient."
        },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void What_cannot_be_used_is_refused_in_a_sentence_without_secrets(string address, string sentence)
    {
        Action make = () => _ = new VllmEndpoint(new Uri(address, UriKind.RelativeOrAbsolute));

        make.Should().Throw<ArgumentException>().Which.Message.Should().StartWith(sentence).And.NotContain("secret");
    }
}
