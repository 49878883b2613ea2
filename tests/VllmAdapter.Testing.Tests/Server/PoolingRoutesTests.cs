using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace VllmAdapter.Testing.Tests.Server;

/// <summary>The routes of models that write nothing: which are there, what they answer and how they fail.</summary>
public sealed class PoolingRoutesTests
{
    private const ModelKinds All = ModelKinds.Generates | ModelKinds.Embeds | ModelKinds.Ranks | ModelKinds.Classifies | ModelKinds.EmbedsTokens;

    [Theory]
    [InlineData(ModelKinds.Generates, "")]
    [InlineData(ModelKinds.Embeds, "/v1/embeddings /v1/rerank /v1/score /pooling")]
    [InlineData(ModelKinds.Ranks, "/v1/rerank /v1/score /classify /pooling")]
    [InlineData(ModelKinds.Classifies, "/classify /pooling")]
    [InlineData(ModelKinds.EmbedsTokens, "/v1/rerank /v1/score /pooling")]
    public async Task A_server_offers_the_routes_of_its_model(ModelKinds kinds, string offered)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = kinds });
        List<string> answered = [];
        foreach (string path in (string[])["/v1/embeddings", "/v1/rerank", "/v1/score", "/classify", "/pooling"])
        {
            (int status, JsonNode reply) = await PostAsync(vllm, path, QuestionTo(path));
            if (status == 200)
                answered.Add(path);
            else if (status == 404)
                reply.ToJsonString().Should().Be("""{"detail":"Not Found"}""");
        }

        string.Join(' ', answered).Should().Be(offered);
    }

    [Theory]
    [InlineData(ModelKinds.Embeds, "0.33.0", 404, """{"detail":"Not Found"}""")]
    [InlineData(ModelKinds.Embeds, "0.11.0", 200, """{"error":{"message":"The model does not support Chat Completions API","type":"BadRequestError","param":null,"code":400}}""")]
    public async Task A_model_that_does_not_write_has_no_chats(ModelKinds kinds, string version, int status, string body)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = kinds, Profile = ProfileOf(version) });

        (int answered, JsonNode reply) = await PostAsync(vllm, "/v1/chat/completions", """{"messages":[{"role":"user","content":"hi"}]}""");

        (answered, reply.ToJsonString()).Should().Be((status, body));
    }

    [Theory]
    [InlineData("0.11.0", "/v1/embeddings", """{"error":{"message":"The model does not support Embeddings API","type":"BadRequestError","param":null,"code":400}}""")]
    [InlineData("0.11.0", "/v1/rerank", """{"error":{"message":"The model does not support Rerank (Score) API","type":"BadRequestError","param":null,"code":400}}""")]
    [InlineData("0.11.0", "/classify", """{"error":{"message":"The model does not support Classification API","type":"BadRequestError","param":null,"code":400}}""")]
    [InlineData("0.8.5", "/v1/score", """{"object":"error","message":"The model does not support Score API","type":"BadRequestError","param":null,"code":400}""")]
    public async Task Old_servers_have_every_route_and_say_inside_a_200_that_the_model_does_not(string version, string path, string body)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Profile = ProfileOf(version) });

        (int status, JsonNode reply) = await PostAsync(vllm, path, QuestionTo(path));

        (status, reply.ToJsonString()).Should().Be((200, body));
    }

    [Fact]
    public async Task A_model_of_token_embeddings_has_the_route_of_embeddings_but_answers_501()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = ModelKinds.EmbedsTokens });

        (int status, JsonNode reply) = await PostAsync(vllm, "/v1/embeddings", QuestionTo("/v1/embeddings"));

        (status, reply["error"]!["type"]!.GetValue<string>()).Should().Be((501, "NotImplementedError"));
    }

    // The shapes of vLLM 0.32.0, recorded.
    [Theory]
    [InlineData("/v1/embeddings", "id object created model data usage", "data", "index object embedding")]
    [InlineData("/v1/rerank", "id model usage results", "results", "index document relevance_score")]
    [InlineData("/v1/score", "id object created model data usage", "data", "index object score")]
    [InlineData("/classify", "id object created model data usage", "data", "index label probs num_classes")]
    [InlineData("/pooling", "id object created model data usage", "data", "index object data")]
    public async Task Answers_have_the_fields_of_real_ones(string path, string fields, string list, string entry)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = All });

        (_, JsonNode reply) = await PostAsync(vllm, path, QuestionTo(path));

        reply.AsObject().Select(field => field.Key).Should().BeEquivalentTo(fields.Split(' '));
        reply[list]![0]!.AsObject().Select(field => field.Key).Should().BeEquivalentTo(entry.Split(' '));
    }

    [Theory]
    [InlineData("/v1/embeddings", """{"input":[]}""", "You must pass at least one prompt")]
    [InlineData("/v1/embeddings", """{"input":[[]]}""", "The decoder prompt cannot be empty")]
    [InlineData("/v1/embeddings", """{"input":[999999999]}""", "Token id 999999999 is out of vocabulary")]
    [InlineData("/v1/embeddings", """{"input":"a","normalize":false}""", "Parameter `normalize` was removed; use `use_activation` instead. (parameter=normalize)")]
    [InlineData("/v1/embeddings", """{"input":"a","dimensions":16}""", "Model 'fake-model' does not support Matryoshka embeddings; dimensions must be unset (received dimensions=16).")]
    [InlineData("/v1/embeddings", """{"input":"a","truncate_prompt_tokens":0}""", "The decoder prompt cannot be empty")]
    [InlineData("/v1/embeddings", """{"input":"a b c d e f g h i j k l m n o p"}""", "This model's maximum context length is 12 tokens. However, your prompt contains at least 13 input tokens")]
    [InlineData("/v1/rerank", """{"query":"q","documents":[]}""", "At least one text_pair element must be given")]
    [InlineData("/v1/score", """{"text_1":["a","b"],"text_2":["c"]}""", "Input lengths must be either 1:1, 1:N or N:N")]
    [InlineData("/v1/score", """{"text_1":[],"text_2":[]}""", "At least one text element must be given")]
    [InlineData("/pooling", """{"input":"a","task":"token_classify"}""", "Unsupported task: 'token_classify' Supported tasks: ['embed'] (parameter=task)")]
    public async Task Refusals_are_in_the_words_of_real_ones(string path, string body, string words)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = ModelKinds.Embeds | ModelKinds.Ranks, ContextWindow = 12 });

        (int status, JsonNode reply) = await PostAsync(vllm, path, body);

        status.Should().Be(400);
        reply["error"]!["message"]!.GetValue<string>().Should().StartWith(words);
    }

    [Fact]
    public async Task Unknown_models_are_refused_without_a_list_of_the_known_ones()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = ModelKinds.Embeds });

        (int status, JsonNode reply) = await PostAsync(vllm, "/v1/embeddings", """{"model":"nope","input":"a"}""");

        (status, reply.ToJsonString()).Should().Be(
            (404, """{"error":{"message":"The model \u0060nope\u0060 does not exist.","type":"NotFoundError","param":null,"code":404}}"""));
    }

    [Fact]
    public async Task Equal_texts_have_equal_vectors_and_alike_texts_lie_close()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = ModelKinds.Embeds });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();

        EmbeddingResult result = await adapter.EmbedAsync(["Llamas eat grass.", "Llamas eat grass.", "What does a llama eat?", "The tower is high."]);

        float[][] vectors = [.. result.Vectors.Select(vector => vector.ToArray())];
        vectors[1].Should().Equal(vectors[0]);
        Cosine(vectors[0], vectors[0]).Should().BeApproximately(1, 1e-5);
        Cosine(vectors[0], vectors[2]).Should().BeGreaterThan(Cosine(vectors[0], vectors[3]) + 0.2);
    }

    [Theory]
    [InlineData(PoolingFault.TooFew, RequestFailure.InvalidReply)]
    [InlineData(PoolingFault.Doubled, RequestFailure.InvalidReply)]
    [InlineData(PoolingFault.NotANumber, RequestFailure.InvalidReply)]
    [InlineData(PoolingFault.RefusedNotANumber, RequestFailure.InvalidReply)]
    [InlineData(PoolingFault.WrongLength, RequestFailure.InvalidReply)]
    [InlineData(PoolingFault.EngineDies, RequestFailure.EngineDead)]
    public async Task A_fault_of_the_server_is_a_failure_of_the_call(PoolingFault fault, RequestFailure failure)
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = ModelKinds.Embeds, PoolingFaults = _ => fault });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.Resilience.MaxAttempts = 1);

        Func<Task> asking = () => adapter.EmbedAsync(["a", "b"]);

        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(failure);
    }

    [Fact]
    public async Task An_engine_that_died_is_asked_again()
    {
        int requests = 0;
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions
        {
            Kinds = ModelKinds.Embeds,
            PoolingFaults = _ => Interlocked.Increment(ref requests) == 1 ? PoolingFault.EngineDies : null,
        });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter(options => options.Resilience.BaseDelay = TimeSpan.FromMilliseconds(1));

        (await adapter.EmbedAsync("a")).Vectors.Should().HaveCount(1);
        requests.Should().Be(2);
    }

    [Fact]
    public async Task Vectors_are_the_same_over_a_socket_in_both_encodings()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { Kinds = ModelKinds.Embeds });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();
        var request = new EmbeddingRequest { Inputs = ["a llama", "an alpaca"], MaxBatchSize = 1 };

        EmbeddingResult numbers = await adapter.EmbedAsync(request with { Encoding = VectorEncoding.Float });
        EmbeddingResult bytes = await adapter.EmbedAsync(request);

        bytes.Vectors.Select(vector => vector.ToArray()).Should().BeEquivalentTo(numbers.Vectors.Select(vector => vector.ToArray()), rows => rows.WithStrictOrdering());
        bytes.Dimensions.Should().Be(384);
    }

    private static string QuestionTo(string path) => path switch
    {
        "/v1/rerank" => """{"query":"llamas","documents":["a llama","the sea"]}""",
        "/v1/score" => """{"text_1":"llamas","text_2":["a llama","the sea"]}""",
        _ => """{"input":["a llama","the sea"]}""",
    };

    private static VllmProfile ProfileOf(string version) =>
        new[] { VllmProfile.V0_33, VllmProfile.V0_32, VllmProfile.V0_20, VllmProfile.V0_11, VllmProfile.V0_8 }.Single(profile => profile.Version == version);

    private static double Cosine(float[] one, float[] other) => one.Zip(other, (a, b) => (double)a * b).Sum();

    private static async Task<(int Status, JsonNode Reply)> PostAsync(FakeVllm vllm, string path, string body)
    {
        using HttpClient client = vllm.CreateHttpClient();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PostAsync(path, content);
        return ((int)response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonNode>())!);
    }
}
