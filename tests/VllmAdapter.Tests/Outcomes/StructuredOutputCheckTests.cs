using System.Text.Json;
using VllmAdapter.Testing;

namespace VllmAdapter.Tests.Outcomes;

/// <summary>vLLM 0.8.5 ignores structured_outputs without a word: what can be checked of an answer is checked.</summary>
public sealed class StructuredOutputCheckTests
{
    private static readonly StructuredOutput Pets = StructuredOutput.OneOf("cat", "dog");
    private static readonly StructuredOutput Number = StructuredOutput.Regex("[0-9]+");

    private static readonly StructuredOutput Person =
        StructuredOutput.JsonSchema("person", """{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}""");

    public static TheoryData<StructuredOutput, string, string?> Answers => new()
    {
        { Pets, "cat", null },
        { Pets, "\n\ncat\n", null },
        { Pets, "Cat", "it is none of the 2 texts to choose from" },
        { Pets, "A cat sat on the mat.", "it is none of the 2 texts to choose from" },
        { Number, "42", null },
        { Number, "forty-two", "it does not match the regular expression" },
        { StructuredOutput.JsonObject, """ {"a": 1} """, null },
        { StructuredOutput.JsonObject, "[1]", "it is not a JSON object" },
        { StructuredOutput.JsonObject, "Here you are: {}", "it is not JSON" },
        { StructuredOutput.JsonObject, "```json\n{}\n```", "it is not JSON" },
        { Person, """{"name": "Ada"}""", null },
        { Person, """{"name": 7}""", "name must be string, but is a number" },
        { Person, "{}", "name is missing" },
        { Person, "Ada", "it is not JSON" },
        { Person, "\"\\ud800\"", "it must be object, but is a string" },
        { StructuredOutput.Grammar("root ::= \"x\""), "y", null },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_of_another_shape_is_noted(StructuredOutput output, string text, string? misfit)
    {
        ChatAnswer answer = await CompleteAsync(Script.Model.Says(text), output);

        answer.Outcome.Verdict.Should().Be(StreamVerdict.Completed);
        answer.Outcome.Notes.Where(note => note.Kind == OutcomeNoteKind.OutputNotAsAsked).Select(note => Reason(note.Text))
            .Should().Equal(misfit is null ? [] : [misfit]);
    }

    [Fact]
    public async Task The_note_names_the_field_and_the_way_out() =>
        (await CompleteAsync(Script.Model.Says("A cat."), Pets)).Outcome.Explain().Should().EndWith(
            "The answer is not what structured_outputs asked for (it is none of the 2 texts to choose from): "
            + "this server may not know the field; vLLM 0.8.5 wants guided_*.");

    [Fact]
    public async Task The_typed_read_says_the_same() =>
        (await CompleteAsync(Script.Model.Says("A cat."), Person)).Invoking(it => it.TextAs<Dictionary<string, string>>())
            .Should().Throw<JsonException>().WithMessage("*The answer is not what response_format asked for (it is not JSON): *");

    public static TheoryData<string, ScriptedReply> Unchecked => new()
    {
        { "cut by max tokens", Script.Says("{\"na").Finishes("length").Uses(9, 100).Done() },
        { "broken off", Script.Says("{\"na").Cuts() },
        { "nothing declared", Script.Says("{\"na").Done() },
        { "a call", Script.Calls("f", "{}").Finishes("stop").Done() },
    };

    [Theory]
    [MemberData(nameof(Unchecked))]
    public async Task What_is_no_finished_answer_is_not_checked(string what, ScriptedReply script) =>
        (await CompleteAsync(script, Person)).Outcome.Notes.Should().NotContain(note => note.Kind == OutcomeNoteKind.OutputNotAsAsked, what);

    [Fact]
    public async Task Each_choice_is_checked()
    {
        ChatAnswer answer = await CompleteAsync(
            Script.Says("cat").Finishes("stop").Choice(1).Says("bird").Finishes("stop").Done(), Pets, choices: 2);

        answer.Outcome.Notes.Where(note => note.Kind == OutcomeNoteKind.OutputNotAsAsked).Should().ContainSingle()
            .Which.Text.Should().StartWith("Choice 1: The answer is not what");
    }

    private static async Task<ChatAnswer> CompleteAsync(ScriptedReply script, StructuredOutput output, int? choices = null)
    {
        using FakeVllm vllm = FakeVllm.InMemory(script);
        return await vllm.CreateAdapter().CompleteChatAsync(
            ChatRequest.FromPrompt("Which?") with { Output = output, ChoiceCount = choices, OnIncompleteStream = IncompleteStreamBehavior.Report, MaxTokens = 100 });
    }

    private static string Reason(string note) => note[(note.IndexOf('(', StringComparison.Ordinal) + 1)..note.LastIndexOf("):", StringComparison.Ordinal)];
}
