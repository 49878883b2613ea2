using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using VllmAdapter.Testing;

namespace VllmAdapter.Extensions.AI.Tests;

/// <summary>An adapter as an embedding generator of Microsoft.Extensions.AI.</summary>
public sealed class EmbeddingGeneratorTests : IDisposable
{
    private readonly FakeVllm _vllm = FakeVllm.InMemory(new FakeVllmOptions { Model = null, Kinds = ModelKinds.Embeds, EmbeddingSize = 8, IsMatryoshka = true });
    private readonly VllmInferenceAdapter _adapter;

    public EmbeddingGeneratorTests() => _adapter = _vllm.CreateAdapter();

    public void Dispose()
    {
        _adapter.Dispose();
        _vllm.Dispose();
    }

    [Fact]
    public async Task Texts_become_vectors_with_their_model_and_their_tokens()
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator = _adapter.AsIEmbeddingGenerator("minilm");

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["a llama", "an alpaca"]);

        EmbeddingResult same = await _adapter.EmbedAsync(["a llama", "an alpaca"]);
        embeddings.Select(embedding => embedding.Vector.ToArray()).Should().BeEquivalentTo(
            same.Vectors.Select(vector => vector.ToArray()), rows => rows.WithStrictOrdering());
        embeddings.Should().AllSatisfy(embedding => (embedding.ModelId, embedding.Dimensions).Should().Be(("minilm", 8)));
        (embeddings.Usage!.InputTokenCount, embeddings.Usage.TotalTokenCount).Should().Be((same.Usage!.PromptTokens, same.Usage.PromptTokens));
    }

    [Fact]
    public async Task One_text_has_a_form_of_its_own()
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator = _adapter.AsIEmbeddingGenerator();

        (await generator.GenerateVectorAsync("a llama")).Length.Should().Be(8);
    }

    [Fact]
    public async Task No_text_is_nothing_to_ask_about()
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator = _adapter.AsIEmbeddingGenerator();

        (await generator.GenerateAsync([])).Should().BeEmpty();
        _vllm.Requests.Should().BeEmpty();
    }

    public static TheoryData<EmbeddingGenerationOptions?, string> Asked => new()
    {
        { null, """{"model":"served","encoding_format":"base64","dimensions":4,"input":["a"]}""" },
        { new() { ModelId = "other", Dimensions = 2 }, """{"model":"other","encoding_format":"base64","dimensions":2,"input":["a"]}""" },
        { new() { AdditionalProperties = new() { ["padding"] = "max_length" } }, """{"model":"served","encoding_format":"base64","dimensions":4,"padding":"max_length","input":["a"]}""" },
        {
            new()
            {
                ModelId = "other",
                RawRepresentationFactory = _ => new EmbeddingRequest
                {
                    Inputs = ["replaced"], Model = "raw", Dimensions = 3, TruncateTo = -1, Extra = new JsonObject { ["x"] = 1 },
                },
            },
            """{"model":"raw","truncate_prompt_tokens":-1,"encoding_format":"base64","dimensions":3,"x":1,"input":["a"]}"""
        },
    };

    [Theory]
    [MemberData(nameof(Asked))]
    public async Task Options_reach_the_server(EmbeddingGenerationOptions? options, string body)
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator = _adapter.AsIEmbeddingGenerator("served", dimensions: 4);

        await generator.GenerateAsync(["a"], options);

        _vllm.Requests.Single().Body.Should().Be(body);
    }

    [Fact]
    public async Task Many_texts_go_in_several_requests()
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator = _adapter.AsIEmbeddingGenerator();
        string[] texts = [.. Enumerable.Range(0, 300).Select(number => $"text {number}")];

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(texts);

        embeddings.Should().HaveCount(300);
        _vllm.Requests.Should().HaveCount(3);
        embeddings[299].Vector.ToArray().Should().Equal((await _adapter.EmbedAsync("text 299")).Vectors[0].ToArray());
    }

    [Fact]
    public async Task An_answer_that_is_not_whole_is_a_failure()
    {
        using var vllm = FakeVllm.InMemory(new FakeVllmOptions { Kinds = ModelKinds.Embeds, PoolingFaults = _ => PoolingFault.TooFew });
        using VllmInferenceAdapter adapter = vllm.CreateAdapter();
        using IEmbeddingGenerator<string, Embedding<float>> generator = adapter.AsIEmbeddingGenerator();

        Func<Task> asking = () => generator.GenerateAsync(["a", "b"]);

        (await asking.Should().ThrowAsync<VllmRequestException>()).Which.Failure.Should().Be(RequestFailure.InvalidReply);
    }

    [Fact]
    public void It_tells_what_it_is_made_of()
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator = _adapter.AsIEmbeddingGenerator("minilm", dimensions: 4);

        var metadata = generator.GetService<EmbeddingGeneratorMetadata>()!;
        (metadata.ProviderName, metadata.ProviderUri, metadata.DefaultModelId, metadata.DefaultModelDimensions).Should().Be(("vllm", _adapter.Endpoint, "minilm", 4));
        generator.GetService<VllmInferenceAdapter>().Should().BeSameAs(_adapter);
        generator.GetService<IChatClient>().Should().BeNull();
    }

    [Fact]
    public void It_is_registered_beside_its_adapter()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton(_adapter).AddVllmEmbeddingGenerator("minilm")
            .AddKeyedSingleton("second", _adapter).AddKeyedVllmEmbeddingGenerator("second", dimensions: 4)
            .BuildServiceProvider();

        services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId.Should().Be("minilm");
        services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("second").GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions.Should().Be(4);
    }
}
