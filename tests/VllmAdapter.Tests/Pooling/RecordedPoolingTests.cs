using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Pooling;

/// <summary>Every recorded exchange with a pooling model, asked again through the public API.</summary>
public sealed class RecordedPoolingTests
{
    public static TheoryData<string> All => [.. RecordedPooling.Names];

    public static TheoryData<string> Answers => [.. RecordedPooling.Names.Where(name => RecordedPooling.Of(name) is { Expected: null, Route: not "/v2/embed" })];

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_recorded_exchange_is_an_answer_or_one_failure(string name)
    {
        RecordedPooling recorded = RecordedPooling.Of(name);

        object told = await AskedAgain(recorded);

        RequestFailure? failure = (told as VllmRequestException)?.Failure;
        failure.Should().Be(recorded.Expected, "it is {0}", told);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_holds_what_the_server_sent(string name)
    {
        RecordedPooling recorded = RecordedPooling.Of(name);

        object told = await AskedAgain(recorded);

        switch (told)
        {
            case EmbeddingResult result:
                result.Vectors.Select(vector => vector.ToArray()).Should().BeEquivalentTo(
                    Entries(recorded).Select(entry => Floats(entry["embedding"]!)), rows => rows.WithStrictOrdering());
                result.Usage!.PromptTokens.Should().Be(TokensOf(recorded));
                break;
            case RerankResult result:
                result.Results.Select(hit => (hit.Index, hit.Score)).Should().Equal(
                    recorded.Reply["results"]!.AsArray().Select(entry => (entry!["index"]!.GetValue<int>(), entry["relevance_score"]!.GetValue<double>())));
                result.Results.Select(hit => hit.Document).Should().Equal(
                    recorded.Reply["results"]!.AsArray().Select(entry => entry!["document"]!["text"]!.GetValue<string>()));
                result.Usage!.PromptTokens.Should().Be(TokensOf(recorded));
                break;
            case ScoreResult result:
                result.Scores.Select(pair => pair.Score).Should().Equal(Entries(recorded).Select(entry => entry["score"]!.GetValue<double>()));
                break;
            case ClassificationResult result:
                result.Results.Select(one => one.Label).Should().Equal(Entries(recorded).Select(entry => entry["label"]!.GetValue<string>()));
                result.Results.Select(one => one.Scores).Should().BeEquivalentTo(
                    Entries(recorded).Select(entry => entry["probs"]!.AsArray().Select(value => value!.GetValue<double>())), rows => rows.WithStrictOrdering());
                break;
            case PoolResult result:
                result.Outputs.Select(output => output.Values.ToArray()).Should().BeEquivalentTo(
                    Entries(recorded).Select(entry => Flat(entry["data"]!)), rows => rows.WithStrictOrdering());
                result.Outputs.Select(output => output.Rows).Should().Equal(
                    Entries(recorded).Select(entry => entry["data"]![0] is JsonArray ? entry["data"]!.AsArray().Count : (int?)null));
                break;
            case ServerHealth health:
                health.IsHealthy.Should().BeTrue();
                break;
            default:
                told.Should().BeOfType<System.Text.Json.JsonElement>("routes of other kinds answer with JSON");
                break;
        }
    }

    // What the API cannot say, or refuses before it is sent, is answered to something plain instead.
    private static async Task<object> AskedAgain(RecordedPooling recorded)
    {
        using VllmInferenceAdapter adapter = recorded.NewAdapter();
        try
        {
            try
            {
                return await RecordedQuestion.AskAsync(adapter, recorded);
            }
            catch (Exception unsayable) when (unsayable is ArgumentException or NotSupportedException)
            {
                return await RecordedQuestion.AskPlainAsync(adapter, recorded);
            }
        }
        catch (VllmRequestException failure)
        {
            return failure;
        }
    }

    private static IEnumerable<JsonNode> Entries(RecordedPooling recorded) => recorded.Reply["data"]!.AsArray().Select(entry => entry!);

    private static int TokensOf(RecordedPooling recorded) => recorded.Reply["usage"]!["prompt_tokens"]!.GetValue<int>();

    private static float[] Floats(JsonNode vector) => vector is JsonArray numbers
        ? [.. numbers.Select(number => number!.GetValue<float>())]
        : MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(vector.GetValue<string>())).ToArray();

    private static float[] Flat(JsonNode data) => [.. data.AsArray().SelectMany(item => item is JsonArray row ? row.Select(number => number!.GetValue<float>()) : [item!.GetValue<float>()])];
}
