using System.Text.Json.Nodes;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Pooling;

/// <summary>What goes out: every field under its name, and nothing that every server refuses.</summary>
public sealed class PoolingRequestTests
{
    public static TheoryData<Func<VllmInferenceAdapter, Task>, string, string> Written => new()
    {
        { adapter => adapter.EmbedAsync("a llama"), "/v1/embeddings", """{"encoding_format":"base64","input":["a llama"]}""" },
        { adapter => adapter.EmbedAsync(["a", ""]), "/v1/embeddings", """{"encoding_format":"base64","input":["a",""]}""" },
        {
            adapter => adapter.EmbedAsync(new EmbeddingRequest
            {
                Inputs = [PoolingInput.FromTokens(100, 200), PoolingInput.FromTokens(300)],
                Model = "m",
                Encoding = VectorEncoding.Float,
                TruncateTo = -1,
                TruncationSide = TruncationSide.Right,
                AddSpecialTokens = false,
                UseActivation = false,
                Serving = new() { Priority = 3, CacheSalt = "s", StreamInterval = 2 },
                Extra = new() { ["padding"] = "max_length" },
            }),
            "/v1/embeddings",
            """{"model":"m","truncate_prompt_tokens":-1,"truncation_side":"right","add_special_tokens":false,"use_activation":false,"priority":3,"cache_salt":"s","encoding_format":"float","padding":"max_length","input":[[100,200],[300]]}"""
        },
        {
            adapter => adapter.EmbedAsync(new EmbeddingRequest
            {
                Inputs = [PoolingInput.FromMessages(VllmMessage.User("hi"))],
                TemplateArguments = new() { ["task"] = "query" },
                Dimensions = 4,
            }),
            "/v1/embeddings",
            """{"encoding_format":"base64","dimensions":4,"chat_template_kwargs":{"task":"query"},"messages":[{"role":"user","content":"hi"}]}"""
        },
        { adapter => adapter.RerankAsync("q", ["a", "b"]), "/v1/rerank", """{"query":"q","documents":["a","b"]}""" },
        {
            adapter => adapter.RerankAsync(new RerankRequest
            {
                Query = "q", Documents = ["a", "b"], TopN = 1, MaxTokensPerDocument = 20, MaxTokensPerQuery = 8, Instruction = "by taste", UseActivation = false,
            }),
            "/v1/rerank",
            """{"use_activation":false,"query":"q","documents":["a","b"],"top_n":1,"max_tokens_per_query":8,"max_tokens_per_doc":20,"instruction":"by taste"}"""
        },
        { adapter => adapter.ScoreAsync("q", ["a", "b"]), "/v1/score", """{"text_1":"q","text_2":["a","b"]}""" },
        {
            adapter => adapter.ScoreAsync(new ScoreRequest { Queries = ["q", "r"], Documents = ["a", "b"] }),
            "/v1/score",
            """{"text_1":["q","r"],"text_2":["a","b"]}"""
        },
        { adapter => adapter.ClassifyAsync(["a"]), "/classify", """{"input":["a"]}""" },
        { adapter => adapter.PoolAsync(["a"]), "/pooling", """{"encoding_format":"float","input":["a"]}""" },
        { adapter => adapter.PoolAsync(new PoolRequest { Inputs = ["a"], Task = "embed" }), "/pooling", """{"encoding_format":"float","task":"embed","input":["a"]}""" },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public async Task A_request_says_what_was_set_and_nothing_else(Func<VllmInferenceAdapter, Task> ask, string path, string body)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions
        {
            Model = null,
            Kinds = ModelKinds.Embeds | ModelKinds.Ranks,
            EmbeddingSize = 8,
            IsMatryoshka = true,
        });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        await ask(adapter);

        (vllm.Requests.Single().Path, vllm.Requests.Single().Body).Should().Be((path, body));
    }

    public static TheoryData<Func<VllmInferenceAdapter, Task>, string> Unsendable => new()
    {
        { adapter => adapter.EmbedAsync(Array.Empty<string>()), "Inputs is empty" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = [null!] }), "Inputs holds null" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], Dimensions = 0 }), "Dimensions (dimensions) must be 1 or more" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], TruncateTo = 0 }), "TruncateTo (truncate_prompt_tokens) must be 1 or more, or -1" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], TruncateTo = -2 }), "TruncateTo (truncate_prompt_tokens) must be 1 or more, or -1" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], MaxBatchSize = 0 }), "MaxBatchSize must be 1 or more" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], MaxParallelRequests = 0 }), "MaxParallelRequests must be 1 or more" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], Encoding = (VectorEncoding)7 }), "Encoding must be Base64 or Float" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], Extra = new() { ["embed_dtype"] = "float16" } }), "Extra holds \"embed_dtype\". The reply would be misread" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], Extra = new() { ["endianness"] = "big" } }), "Extra holds \"endianness\"" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], Extra = new() { ["encoding_format"] = "bytes" } }), "Extra holds \"encoding_format\"" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], Extra = new() { ["input"] = "b" } }), "Extra holds \"input\"" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], Extra = new() { ["dimensions"] = 4 } }), "Extra holds \"dimensions\"" },
        { adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], Headers = new() { RequestId = "ä" } }), "Headers.RequestId" },
        { adapter => adapter.StreamEmbeddingsAsync(new EmbeddingRequest { Inputs = [] }).GetAsyncEnumerator().MoveNextAsync().AsTask(), "Inputs is empty" },
        { adapter => adapter.RerankAsync("q", []), "Documents is empty" },
        { adapter => adapter.RerankAsync("q", [null!]), "Documents holds null" },
        { adapter => adapter.RerankAsync(new RerankRequest { Query = "q", Documents = ["a"], TopN = 0 }), "TopN (top_n) must be 1 or more, or null for all" },
        { adapter => adapter.RerankAsync(new RerankRequest { Query = "q", Documents = ["a"], MaxTokensPerDocument = 0 }), "MaxTokensPerDocument (max_tokens_per_doc)" },
        { adapter => adapter.RerankAsync(new RerankRequest { Query = "q", Documents = ["a"], Extra = new() { ["top_n"] = 2 } }), "Extra holds \"top_n\"" },
        { adapter => adapter.ScoreAsync("q", []), "Documents is empty" },
        { adapter => adapter.ScoreAsync(new ScoreRequest { Queries = [], Documents = ["a"] }), "Queries is empty" },
        { adapter => adapter.ScoreAsync(new ScoreRequest { Queries = ["q", "r"], Documents = ["a", "b", "c"] }), "they are 2 and 3. vLLM scores 1:1, 1:N and N:N only" },
        { adapter => adapter.ScoreAsync(new ScoreRequest { Queries = ["q", "r"], Documents = ["a"] }), "they are 2 and 1" },
        { adapter => adapter.ClassifyAsync(Array.Empty<string>()), "Inputs is empty" },
        { adapter => adapter.PoolAsync(Array.Empty<string>()), "Inputs is empty" },
        { adapter => adapter.PoolAsync(new PoolRequest { Inputs = ["a"], Extra = new() { ["data"] = 1 } }), "Extra holds \"data\"" },
        { _ => Task.FromResult(PoolingInput.FromTokens()), "There is no token" },
        { _ => Task.FromResult(PoolingInput.FromTokens(1, -1)), "one is -1" },
        { _ => Task.FromResult(PoolingInput.FromMessages()), "There is no message" },
    };

    [Theory]
    [MemberData(nameof(Unsendable))]
    public async Task What_no_server_takes_is_refused_before_it_is_sent(Func<VllmInferenceAdapter, Task> ask, string words)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = ModelKinds.Embeds | ModelKinds.Ranks });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        (await FluentActions.Awaiting(() => ask(adapter)).Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain(words);
        vllm.Requests.Should().BeEmpty();
    }

    [Fact]
    public void A_request_says_nothing_of_its_texts_where_it_is_printed()
    {
        object[] requests =
        [
            new EmbeddingRequest { Inputs = ["secret"] }, new RerankRequest { Query = "secret", Documents = ["secret"] },
            new ScoreRequest { Queries = ["secret"], Documents = ["secret"] }, new ClassificationRequest { Inputs = ["secret"] },
            new PoolRequest { Inputs = ["secret"] }, PoolingInput.FromText("secret"), PoolingInput.FromMessages(VllmMessage.User("secret")),
        ];

        requests.Should().AllSatisfy(request => request.ToString().Should().NotContain("secret"));
        requests[0].ToString().Should().Be("EmbeddingRequest: 1 inputs");
    }

    [Fact]
    public void Equal_requests_are_equal()
    {
        EmbeddingRequest New() => new() { Inputs = ["a", PoolingInput.FromTokens(1, 2)], Extra = new() { ["x"] = 1 }, TemplateArguments = new JsonObject { ["y"] = 2 } };

        New().Should().Be(New());
        New().Should().NotBe(New() with { Dimensions = 2 });
    }
}
