using System.Text;
using VllmAdapter.Tests.Wire;

namespace VllmAdapter.Tests.Server;

public sealed class ModelListTests
{
    [Theory]
    [InlineData("""{"data":[null,{"id":"m"},7,"m2",[],{}]}""", "m")]
    [InlineData("""[{"id":"m"},{"id":"m2"}]""", "m, m2")]
    [InlineData("""{"data":[{"id":7},{"id":"m"}]}""", "7, m")]
    [InlineData("""{"data":[{"id":""},{"id":null},{"id":{}},{"id":"m"}]}""", "m")]
    [InlineData("""{"data":[{"id":"m","root":{},"parent":[],"owned_by":3}]}""", "m")]
    [InlineData("""{"data":[{"id":"a","id":"m"}]}""", "m")]
    [InlineData("""{"data":[{"id":"a"}],"data":[{"id":"m"}]}""", "m")]
    [InlineData("""{"data":[{"i\u0064":"\u006d"}]}""", "m")]
    [InlineData("""{"object":"list","data":[]}""", "")]
    public async Task Every_card_with_a_name_is_a_model(string body, string ids) =>
        string.Join(", ", (await ListAsync(body)).Select(card => card.Id)).Should().Be(ids);

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("4096.0", 4096)]
    [InlineData("\"4096\"", 4096)]
    [InlineData("null", null)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("1e30", null)]
    [InlineData("1000000000000000019884624838656", null)]
    [InlineData("\"many\"", null)]
    [InlineData("{}", null)]
    [InlineData("[4096]", null)]
    public async Task A_window_is_a_number_however_it_is_written(string written, int? window) =>
        (await ListAsync($$"""{"data":[{"id":"m","max_model_len":{{written}},"owned_by":"vllm"}]}""")).Should().ContainSingle()
            .Which.Should().Be(new ModelCard { Id = "m", ContextWindow = window, OwnedBy = "vllm" });

    [Theory]
    [InlineData("base", 4096)]
    [InlineData("nobody", null)]
    [InlineData("tuned", null)]
    public async Task An_adapter_has_the_window_of_its_parent(string parent, int? window) =>
        (await ListAsync($$"""{"data":[{"id":"tuned","parent":"{{parent}}"},{"id":"base","max_model_len":4096},{"id":"base","max_model_len":1}]}"""))[0]
            .ContextWindow.Should().Be(window);

    [Fact]
    public async Task A_card_that_names_no_parent_has_no_window_of_another_card() =>
        (await ListAsync("""{"data":[{"id":"m"},{"id":"other","max_model_len":4096}]}"""))[0].ContextWindow.Should().BeNull();

    /// <summary>A million of them fit the limit of an answer; time that grows with their square would be half an hour.</summary>
    [Fact]
    public async Task A_hundred_thousand_cards_cost_no_more_than_reading_them()
    {
        var body = new StringBuilder("{\"data\":[");
        for (int i = 0; i < 100_000; i++)
            body.Append($"{{\"id\":\"m{i}\",\"parent\":\"m{i / 2}\"}},");

        Task<IReadOnlyList<ModelCard>> listing = ListAsync(body.Append("{\"id\":\"last\"}]}").ToString());

        (await listing.WaitAsync(TimeSpan.FromSeconds(30))).Should().HaveCount(100_001);
    }

    [Fact]
    public void Reading_a_long_list_ends_with_the_callers_token()
    {
        Action reading = static () =>
        {
            var reader = new System.Text.Json.Utf8JsonReader("""{"data":[{"id":"a"},{"id":"b"}]}"""u8);
            reader.Read();
            ModelListReader.Read(ref reader, new CancellationToken(canceled: true));
        };

        reading.Should().Throw<OperationCanceledException>();
    }

    private static Task<IReadOnlyList<ModelCard>> ListAsync(string body) =>
        new CannedServer { ContentType = "application/json", Pieces = [Encoding.UTF8.GetBytes(body)] }.NewAdapter().Server.GetModelsAsync();
}
