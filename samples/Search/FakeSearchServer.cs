using System.Text.RegularExpressions;
using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>A server that embeds, ranks and writes at once; of real ones each does one of them.</summary>
internal sealed class FakeSearchServer(FakeVllm vllm) : IAsyncDisposable
{
    public Uri Endpoint => vllm.Endpoint;

    public static async Task<FakeSearchServer> StartAsync() => new(await FakeVllm.StartAsync(
        new FakeVllmOptions { Kinds = ModelKinds.Generates | ModelKinds.Embeds, Model = "tiny" },
        request => Script.Model.Says(AnswerTo(request.Body).Split(' ').Select((word, place) => place == 0 ? word : $" {word}").ToArray())));

    public VllmInferenceAdapter NewAdapter() => vllm.CreateAdapter();

    public ValueTask DisposeAsync() => vllm.DisposeAsync();

    // It repeats the first source, which is what the best models do as well.
    private static string AnswerTo(string body) =>
        Regex.Match(body, @"\[1\] (?<source>.+?)\\n", RegexOptions.None, TimeSpan.FromSeconds(1)) is { Success: true } match ? $"{match.Groups["source"].Value} [1]" : "I do not know.";
}
