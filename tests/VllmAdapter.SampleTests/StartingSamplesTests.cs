using System.Net;
using System.Net.Sockets;
using VllmAdapter.Testing;

namespace VllmAdapter.SampleTests;

/// <summary>What samples say to someone who starts them wrongly, or wants to know what they are.</summary>
public sealed class StartingSamplesTests
{
    public static TheoryData<string> All { get; } =
        [.. Directory.GetDirectories(Path.Combine(SampleRun.Root, "samples")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    /// <summary>The samples that ask a real server, and the arguments by which they do.</summary>
    public static TheoryData<string, string[]> Asking => new()
    {
        { "QuickStart", ["ADDRESS", "MODEL"] },
        { "ToolAgent", ["ADDRESS", "MODEL"] },
        { "Search", ["ADDRESS"] },
        { "Playground", ["--Vllm:Endpoint", "ADDRESS", "--Vllm:Model", "MODEL", "--Ask", "Hello."] },
    };

    [Theory]
    [MemberData(nameof(All))]
    public async Task Help_says_what_a_sample_does_takes_and_reads_with_an_example(string sample)
    {
        SampleRun run = await SampleRun.OfAsync(sample, "--help");

        run.ShouldEndWith(0);
        run.Errors.Should().BeEmpty();
        run.Output.Should().StartWith(sample).And.Contain("server").And.MatchRegex("environment variable|VLLM_API_KEY")
            .And.Contain($"    dotnet run --project samples/{sample}");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_argument_that_a_sample_does_not_know_is_refused(string sample)
    {
        SampleRun run = await SampleRun.OfAsync(sample, "--helo");

        run.ShouldEndWith(2);
        run.Output.Should().BeEmpty();
        run.Errors.Trim().Should().Be("\"--helo\" is not an argument of this sample. --help shows what this sample takes.");
    }

    [Theory]
    [InlineData("Resilience", "http://localhost:8000", "\"http://localhost:8000\" is not an argument of this sample.")]
    [InlineData("QuickStart", "http://localhost:8000 granite too-much", "\"too-much\" is not an argument of this sample.")]
    [InlineData("Playground", "--Ask", "--Ask needs a value.")]
    public async Task Too_many_arguments_and_missing_values_are_refused(string sample, string args, string sentence)
    {
        SampleRun run = await SampleRun.OfAsync(sample, args.Split(' '));

        run.ShouldEndWith(2);
        run.Errors.Trim().Should().Be($"{sentence} --help shows what this sample takes.");
    }

    [Theory]
    [MemberData(nameof(Asking))]
    public async Task An_address_that_is_no_URL_is_refused_with_an_example(string sample, string[] args)
    {
        SampleRun run = await SampleRun.OfAsync(sample, Filled(args, "banana", "granite"));

        run.ShouldEndWith(2);
        run.Errors.Trim().Should().Be("Endpoint must be an absolute http or https address such as http://localhost:8000, but is \"banana\".");
    }

    [Theory]
    [MemberData(nameof(Asking))]
    public async Task An_address_where_nobody_listens_is_named(string sample, string[] args)
    {
        // Bound, but not listening: no other program can take the port meanwhile.
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string address = $"http://{silent.LocalEndPoint}";

        SampleRun run = await SampleRun.OfAsync(sample, Filled(args, address, "granite"));

        run.ShouldEndWith(1);
        run.Errors.Should().Contain($"No connection at {address}/").And.Contain("Check that a vLLM server listens there.");
    }

    [Theory]
    [MemberData(nameof(Asking))]
    public async Task A_model_that_the_server_does_not_have_is_named_with_the_way_out(string sample, string[] args)
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync(new FakeVllmOptions { Model = "granite" }, Script.Model.Says("Calm."));

        SampleRun run = await SampleRun.OfAsync(sample, Filled(args, vllm.Endpoint.ToString(), "llama"));

        run.ShouldEndWith(1);
        run.Errors.Should().MatchRegex(sample == "Search" ? "embedding model" : "The server has no model 'llama' .*Use one of those listed at /v1/models.");
    }

    [Fact]
    public async Task The_playground_names_another_address_when_its_own_is_in_use()
    {
        await using FakeVllm vllm = await FakeVllm.StartAsync();

        SampleRun run = await SampleRun.OfAsync("Playground", "--urls", vllm.Endpoint.ToString());

        run.ShouldEndWith(1);
        run.Errors.Should().Contain("in use").And.Contain("Choose another address: --urls http://");
    }

    [Fact]
    public async Task A_setting_of_the_playground_that_does_not_exist_is_named()
    {
        SampleRun run = await SampleRun.OfAsync("Playground", "--Vllm:Modell", "granite");

        run.ShouldEndWith(2);
        run.Errors.Trim().Should().StartWith("Vllm:Modell").And.Contain("Model");
    }

    [Theory]
    [InlineData("Recipes", 30)]
    [InlineData("Search", 8)]
    public async Task Every_recipe_prints_under_a_heading(string sample, int atLeast)
    {
        SampleRun run = await SampleRun.OfAsync(sample);

        run.ShouldEndWith(0);
        string[] recipes = run.Output.ReplaceLineEndings("\n").Split("\n== ")[1..];
        recipes.Should().HaveCountGreaterThanOrEqualTo(atLeast).And.AllSatisfy(recipe => recipe.Trim().Should().Contain("\n", "a heading is followed by what the recipe printed"));
        recipes.Select(recipe => recipe.Split('\n')[0]).Should().OnlyHaveUniqueItems();
    }

    private static string[] Filled(string[] args, string address, string model) =>
        [.. args.Select(arg => arg switch { "ADDRESS" => address, "MODEL" => model, _ => arg })];
}
