using System.Net;
using RichardSzalay.MockHttp;

namespace VllmAdapter.Tests.Pooling;

/// <summary>What a server may answer instead of what was asked: each a typed failure that says what is wrong, and nothing of it is handed out.</summary>
public sealed class BadPoolingReplyTests : IDisposable
{
    private readonly MockHttpMessageHandler _server = new();
    private readonly HttpClient _http;

    public BadPoolingReplyTests() => _http = _server.ToHttpClient();

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }

    public static TheoryData<string, string> Embeddings => new()
    {
        { """{"index":0,"embedding":[1,2]}""", "it holds 1 embedding where 2 are due; the first one missing is that of Inputs[1]" },
        { "", "it holds 0 embeddings where 2 are due; the first one missing is that of Inputs[0]" },
        { """{"index":0,"embedding":[1,2]},{"index":0,"embedding":[1,2]}""", "it holds two results for Inputs[0]" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1,2]},{"index":1,"embedding":[1,2]}""", "it holds two results for Inputs[1]" },
        { """{"index":0,"embedding":[1,2]},{"index":2,"embedding":[1,2]}""", "it holds a result for Inputs[2], but asked about were Inputs[0] to [1]" },
        { """{"index":0,"embedding":[1,2]},{"embedding":[1,2]}""", "an entry of its list does not say by an index what it belongs to" },
        { """{"index":0,"embedding":[1,2]},{"index":-1,"embedding":[1,2]}""", "an entry of its list does not say by an index what it belongs to" },
        { """{"index":0,"embedding":[1,2]},{"index":null,"embedding":[1,2]}""", "an entry of its list does not say by an index what it belongs to" },
        { """{"index":0,"embedding":[1,2]},[1,2]""", "an entry of its list is not an object" },
        { """{"index":0,"embedding":[1,2]},{"index":1}""", "the embedding of Inputs[1] has no vector" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":null}""", "the embedding of Inputs[1] is null where a vector is due" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":{"a":[1,2]}}""", "the embedding of Inputs[1] is an object where a vector is due" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":[]}""", "the embedding of Inputs[1] is empty" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":""}""", "the embedding of Inputs[1] is empty" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1]}""", "the embedding of Inputs[1] has 1 numbers, others of this call have 2" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1,null]}""", "the embedding of Inputs[1] holds null where number 1 is due: the model made no finite number of this input (vLLM writes NaN so)" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":["1","2"]}""", "the embedding of Inputs[1] holds a text where number 0 is due" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1,true]}""", "the embedding of Inputs[1] holds a truth value where number 1 is due" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":[[1,2]]}""", "the embedding of Inputs[1] holds a list where number 0 is due" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1,1e39]}""", "the embedding of Inputs[1] holds Infinity as number 1: the model made no finite number of this input" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":"AACAPwAAwH8="}""", "the embedding of Inputs[1] holds NaN as number 1: the model made no finite number of this input" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":"AACAPwAAgP8="}""", "the embedding of Inputs[1] holds -Infinity as number 1: the model made no finite number of this input" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":"AACAPwA="}""", "the embedding of Inputs[1] is base64 of 5 bytes, which is not a whole number of 32-bit floats" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":"AACAPwA"}""", "the embedding of Inputs[1] is a text of 7 characters, which is not base64" },
        { """{"index":0,"embedding":[1,2]},{"index":1,"embedding":"!!!!!!=="}""", "the embedding of Inputs[1] is a text that is not base64" },
    };

    [Theory]
    [MemberData(nameof(Embeddings))]
    public async Task Embeddings_are_handed_out_only_if_they_are_whole(string entries, string wrong)
    {
        _server.When("*").Respond("application/json", $$"""{"object":"list","data":[{{entries}}],"usage":{"prompt_tokens":4,"total_tokens":4},"model":"m"}""");

        await ShouldBeInvalid(adapter => adapter.EmbedAsync(["a", "b"]), wrong);
    }

    [Theory]
    [InlineData("""[1,2,3]""")]
    [InlineData("""[0.5]""")]
    [InlineData("\"AACAPwAAAEAAAEBA\"")]
    public async Task A_vector_has_the_length_that_was_asked_for(string vector)
    {
        _server.When("*").Respond("application/json", $$"""{"data":[{"embedding":{{vector}},"index":0}]}""");

        await ShouldBeInvalid(
            adapter => adapter.EmbedAsync(new EmbeddingRequest { Inputs = ["a"], Dimensions = 2 }), "numbers where Dimensions asked for 2: this server ignores dimensions");
    }

    [Theory]
    [InlineData("""{"index":0,"relevance_score":0.5}""", "it holds 1 score where 2 are due; the first one missing is that of Documents[1]")]
    [InlineData("""{"index":0,"relevance_score":0.5},{"index":0,"relevance_score":0.5}""", "it holds two results for Documents[0]")]
    [InlineData("""{"index":0,"relevance_score":0.5},{"index":7,"relevance_score":0.5}""", "it holds a result for Documents[7]")]
    [InlineData("""{"index":0,"relevance_score":0.5},{"index":1}""", "the score of Documents[1] is missing")]
    [InlineData("""{"index":0,"relevance_score":0.5},{"index":1,"relevance_score":null}""", "the score of Documents[1] is null")]
    [InlineData("""{"index":0,"relevance_score":0.5},{"index":1,"relevance_score":"0.5"}""", "the score of Documents[1] is a text, not a number")]
    [InlineData("""{"index":0,"relevance_score":0.5},{"index":1,"relevance_score":1e999}""", "the score of Documents[1] is not a finite number")]
    [InlineData("""{"index":0,"relevance_score":0.5},{"index":1,"relevance_score":7.8}""", "the score of Documents[1] is 7.8, but ScoreKind says sigmoid scores from 0 to 1")]
    [InlineData("""{"index":0,"relevance_score":0.5},{"index":1,"document":{"text":"another"},"relevance_score":0.5}""", "the score of Documents[1] comes with another document than was asked about")]
    public async Task Ranks_are_handed_out_only_if_they_are_whole(string entries, string wrong)
    {
        _server.When("*").Respond("application/json", $$"""{"results":[{{entries}}],"model":"m"}""");

        await ShouldBeInvalid(
            adapter => adapter.RerankAsync(new RerankRequest { Query = "q", Documents = ["a", "b"], ScoreKind = ScoreKind.Sigmoid }), wrong);
    }

    [Fact]
    public async Task More_ranks_than_were_asked_for_are_not_what_was_asked_for()
    {
        _server.When("*").Respond("application/json", """{"results":[{"index":0,"relevance_score":0.5},{"index":1,"relevance_score":0.1}]}""");

        await ShouldBeInvalid(adapter => adapter.RerankAsync(new RerankRequest { Query = "q", Documents = ["a", "b"], TopN = 1 }), "it holds 2 scores where 1 is due");
    }

    [Theory]
    [InlineData("""{"index":0,"score":0.5}""", "it holds 1 score where 2 are due")]
    [InlineData("""{"index":0,"score":0.5},{"index":1,"score":null}""", "the score of Documents[1] is null")]
    [InlineData("""{"index":0,"score":0.5},{"index":1,"relevance_score":0.5}""", "the score of Documents[1] is missing")]
    public async Task Scores_are_handed_out_only_if_they_are_whole(string entries, string wrong)
    {
        _server.When("*").Respond("application/json", $$"""{"data":[{{entries}}],"model":"m"}""");

        await ShouldBeInvalid(adapter => adapter.ScoreAsync("q", ["a", "b"]), wrong);
    }

    [Theory]
    [InlineData("""{"index":0,"label":"A","probs":[0.5,0.5],"num_classes":2}""", "it holds 1 classification where 2 are due")]
    [InlineData("""{"index":0,"label":"A","probs":[0.5,0.5],"num_classes":2},{"index":1,"label":"A","num_classes":2}""", "the classification of Inputs[1] has no numbers (probs)")]
    [InlineData("""{"index":0,"label":"A","probs":[0.5,0.5],"num_classes":2},{"index":1,"label":"A","probs":[],"num_classes":0}""", "has an empty list of numbers (probs)")]
    [InlineData("""{"index":0,"label":"A","probs":[0.5,0.5],"num_classes":2},{"index":1,"label":"A","probs":[1],"num_classes":2}""", "has 1 numbers for 2 classes")]
    [InlineData("""{"index":0,"label":"A","probs":[0.5,0.5],"num_classes":2},{"index":1,"label":"A","probs":[1],"num_classes":1}""", "has 1 numbers, others of this call have 2")]
    [InlineData("""{"index":0,"label":"A","probs":[0.5,0.5],"num_classes":2},{"index":1,"label":"A","probs":[0.5,null],"num_classes":2}""", "holds a wrong number: number 1 is null")]
    public async Task Classes_are_handed_out_only_if_they_are_whole(string entries, string wrong)
    {
        _server.When("*").Respond("application/json", $$"""{"data":[{{entries}}],"model":"m"}""");

        await ShouldBeInvalid(adapter => adapter.ClassifyAsync(["a", "b"]), wrong);
    }

    [Theory]
    [InlineData("""{"index":0,"data":"AACAPw=="}""", "the output of Inputs[0] is a text, which has no shape")]
    [InlineData("""{"index":0,"data":[[1,2],[3]]}""", "the output of Inputs[0] has 1 numbers in row 1, but 2 in row 0")]
    [InlineData("""{"index":0,"data":[[1,2],3]}""", "the output of Inputs[0] is wrong in row 1, which is a number where a vector is due")]
    [InlineData("""{"index":0,"data":[[1,2],[3,null]]}""", "the output of Inputs[0] is wrong in row 1, which holds null where number 1 is due")]
    [InlineData("""{"index":0,"data":{"x":1}}""", "the output of Inputs[0] is not a list of numbers")]
    [InlineData("""{"index":0,"data":[]}""", "the output of Inputs[0] is empty")]
    [InlineData("""{"index":0}""", "the output of Inputs[0] is missing")]
    public async Task Pooled_outputs_are_handed_out_only_if_they_are_whole(string entries, string wrong)
    {
        _server.When("*").Respond("application/json", $$"""{"data":[{{entries}}],"model":"m"}""");

        await ShouldBeInvalid(adapter => adapter.PoolAsync(["a"]), wrong);
    }

    [Theory]
    [InlineData(200, """{"error":{"message":"The model does not support Embeddings API","type":"BadRequestError","param":null,"code":400}}""", RequestFailure.RouteNotFound, "It needs an embedding model")]
    [InlineData(200, """{"object":"error","message":"The model does not support Embeddings API","type":"BadRequestError","param":null,"code":400}""", RequestFailure.RouteNotFound, "It needs an embedding model")]
    [InlineData(501, """{"error":{"message":"The model does not support Embeddings API","type":"NotImplementedError","param":null,"code":501}}""", RequestFailure.RouteNotFound, "It needs an embedding model")]
    [InlineData(404, """{"detail":"Not Found"}""", RequestFailure.RouteNotFound, "It needs an embedding model")]
    [InlineData(405, """{"detail":"Method Not Allowed"}""", RequestFailure.RouteNotFound, "It needs an embedding model")]
    [InlineData(400, """{"error":{"message":"Out of range float values are not JSON compliant","type":"BadRequestError","param":null,"code":400}}""", RequestFailure.InvalidReply, "send fewer at once to find which")]
    [InlineData(400, """{"error":{"message":"This model's maximum context length is 256 tokens. However, your prompt contains at least 257 input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value=257)","type":"BadRequestError","param":"input_tokens","code":400}}""", RequestFailure.ContextWindowExceeded, "An input needs at least 257 tokens but the model's window is 256 (the server answered 400). Shorten it, or have the server cut it")]
    [InlineData(200, """{"object":"list","data":null}""", RequestFailure.UnexpectedContent, "not a list of embeddings")]
    [InlineData(200, """{"object":"list"}""", RequestFailure.UnexpectedContent, "not a list of embeddings")]
    [InlineData(200, """[1,2]""", RequestFailure.UnexpectedContent, "not a list of embeddings")]
    [InlineData(200, """{"data":[{"index":0,"embedding":[1,2]}""", RequestFailure.UnexpectedContent, "not JSON")]
    [InlineData(200, """{"data":[{"index":0,"embedding":[1,2]}]} trailing""", RequestFailure.UnexpectedContent, "not JSON")]
    [InlineData(200, "<html><title>Sign in</title></html>", RequestFailure.UnexpectedContent, "not JSON")]
    [InlineData(200, "", RequestFailure.UnexpectedContent, "empty body")]
    [InlineData(401, """{"error":"Unauthorized"}""", RequestFailure.Unauthorized, "ApiKey")]
    public async Task What_is_no_answer_says_what_it_is_and_what_to_do(int status, string body, RequestFailure failure, string words)
    {
        _server.When("*").Respond((HttpStatusCode)status, "application/json", body);

        VllmRequestException told = await Refused(adapter => adapter.EmbedAsync("a"));

        (told.Failure, told.Attempts).Should().Be((failure, 1));
        told.Message.Should().Contain(words);
    }

    [Fact]
    public async Task Entries_in_any_order_with_fields_in_any_order_find_their_inputs()
    {
        _server.When("*").Respond("application/json", """
            {"usage":{"total_tokens":"4"},"data":[{"embedding":"AACAPw==","new":{"a":[1]},"index":1},{"index":0.0,"embedding":[2]}],"error":null,"model":"m","id":"embd-1"}
            """);

        EmbeddingResult result = await NewAdapter().EmbedAsync(["a", "b"]);

        result.Vectors.Select(vector => vector.Span[0]).Should().Equal(2, 1);
        (result.Id, result.Model, result.Usage!.PromptTokens, result.Dimensions).Should().Be(("embd-1", "m", 4, 1));
    }

    [Fact]
    public async Task Tokens_that_were_not_counted_are_not_zero()
    {
        _server.When("*").Respond("application/json", """{"data":[{"index":0,"embedding":[1]}]}""");

        (await NewAdapter().EmbedAsync("a")).Usage.Should().BeNull();
    }

    [Fact]
    public async Task A_slash_that_is_escaped_in_base64_is_a_slash()
    {
        _server.When("*").Respond("application/json", """{"data":[{"index":0,"embedding":"\/\/9\/Pw=="}]}""");

        EmbeddingResult result = await NewAdapter().EmbedAsync("a");

        result.Vectors[0].ToArray().Should().Equal(BitConverter.Int32BitsToSingle(0x3F7FFFFF));
    }

    private async Task ShouldBeInvalid(Func<VllmInferenceAdapter, Task> ask, string wrong)
    {
        VllmRequestException told = await Refused(ask);

        told.Failure.Should().Be(RequestFailure.InvalidReply);
        told.IsRetryable.Should().BeFalse();
        told.Message.Should().Contain(wrong);
    }

    private async Task<VllmRequestException> Refused(Func<VllmInferenceAdapter, Task> ask) =>
        (await FluentActions.Awaiting(() => ask(NewAdapter())).Should().ThrowAsync<VllmRequestException>()).Which;

    private VllmInferenceAdapter NewAdapter() => new(_http, new VllmAdapterOptions { Endpoint = new Uri("http://vllm.test") });
}
