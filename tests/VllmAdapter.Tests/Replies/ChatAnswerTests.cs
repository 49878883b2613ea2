using System.Text.Json;
using System.Text.Json.Serialization;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Replies;

public sealed partial class ChatAnswerTests
{
    private const string Ada = """{"name": "Ada", "role": "Engineer"}""";

    public enum Role
    {
        Engineer = 1,
        Poet,
    }

    [Fact]
    public async Task An_answer_is_asked_for_by_its_type_and_read_into_it()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says(Ada));
        ChatRequest byContext = ChatRequest.FromPrompt("Who?") with { Output = StructuredOutput.JsonSchema("person", PersonJson.Default.Person) };
        ChatRequest byReflection = ChatRequest.FromPrompt("Who?") with { Output = StructuredOutput.JsonSchema<Person>("person") };

        Person first = (await vllm.CreateAdapter().CompleteChatAsync(byContext)).TextAs(PersonJson.Default.Person);
        Person second = (await vllm.CreateAdapter().CompleteChatAsync(byReflection)).TextAs<Person>();

        new[] { first, second }.Should().AllBeEquivalentTo(new Person("Ada", Role.Engineer));
        vllm.Requests.Select(request => request.Json!["response_format"]!["json_schema"]!["schema"]!.ToJsonString()).Should().HaveCount(2).And.AllBe(
            """{"type":"object","properties":{"name":{"type":"string"},"role":{"type":"string","enum":["Engineer","Poet"]}},"required":["name","role"]}""");
    }

    [Fact]
    public async Task Half_an_answer_is_not_read_even_if_it_parses()
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Says(Ada).Finishes("length").Uses(3, 9).Done());
        ChatAnswer cut = await vllm.CreateAdapter().CompleteChatAsync("Who?");

        cut.Invoking(c => c.TextAs<Person>()).Should().Throw<IncompleteStreamException>().Which.Received.Text.Should().Be(Ada);
    }

    [Theory]
    [InlineData("Ada", "The answer cannot be read as Person: 'A' is an invalid*Ask for it with ChatRequest.Output.")]
    [InlineData("null", "The answer cannot be read as Person: It is null. *")]
    [InlineData("""{"name": "Ada"}""", "The answer cannot be read as Person: *role*")]
    public async Task What_does_not_fit_the_type_is_told(string text, string why)
    {
        using FakeVllm vllm = FakeVllm.InMemory(Script.Model.Says(text));
        ChatAnswer answer = await vllm.CreateAdapter().CompleteChatAsync("Who?");

        answer.Invoking(c => c.TextAs<Person>()).Should().Throw<JsonException>().WithMessage(why);
    }

    public sealed record Person(string Name, Role Role);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true, NumberHandling = JsonNumberHandling.Strict)]
    [JsonSerializable(typeof(Person))]
    private sealed partial class PersonJson : JsonSerializerContext;
}
