using System.Text;
using System.Text.Json.Nodes;

namespace VllmAdapter.Tests.Failures;

public sealed class RequestEchoTests
{
    private const string Prompt = "My name is Ada Lovelace and my account is 4711-0815.";

    /// <summary>The server's words; what is left of them.</summary>
    public static TheoryData<string, string> Echoes => new()
    {
        { $"Busy: {Prompt}", "Busy: […]" },
        { $"Busy: {Prompt} and again {Prompt}!", "Busy: […] and again […]!" },
        { "Busy: ...Ada Lovelace and my acc...", "Busy: ...[…]..." },
        { "max_tokens must be at least 1, got 0.", "max_tokens must be at least 1, got 0." },
        { "My name", "My name" },
        { "", "" },
    };

    [Theory]
    [MemberData(nameof(Echoes))]
    public void Passages_of_a_message_are_left_out(string words, string left)
    {
        foreach (JsonNode content in (JsonNode[])[Prompt, new JsonArray(new JsonObject { ["type"] = "text", ["text"] = Prompt })])
            RequestEcho.Remove(words, Body(content)).Should().Be(left);
    }

    [Theory]
    [InlineData("Say hello", "Cannot do: Say hello", "Cannot do: […]")]
    [InlineData("Hello.", "Hello. is too short", "Hello. is too short")]
    [InlineData("assistant", "role assistant is not allowed", "role […] is not allowed")]
    public void A_short_message_is_left_out_as_a_whole_unless_it_is_a_mere_word(string prompt, string words, string left) =>
        RequestEcho.Remove(words, Body(prompt)).Should().Be(left);

    [Fact]
    public void Roles_names_and_the_model_are_no_messages()
    {
        byte[] body = Encoding.UTF8.GetBytes(
            """{"model":"a-model-of-a-long-name","messages":[{"role":"assistant","name":"somebody-of-a-long-name","content":"x"}],"stop":["a stop string that is long"]}""");

        const string Words = "assistant, a-model-of-a-long-name, somebody-of-a-long-name, a stop string that is long";
        RequestEcho.Remove(Words, body).Should().Be(Words);
    }

    [Fact]
    public void Arguments_and_tool_results_count_as_well()
    {
        byte[] body = Encoding.UTF8.GetBytes(
            """{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{\"account\": \"4711-0815-9999\"}"}}]},{"role":"tool","content":"balance of 12,345.67 dollars"}]}""");

        RequestEcho.Remove("""bad: {"account": "4711-0815-9999"} / balance of 12,345.67 dollars""", body).Should().Be("bad: […] / […]");
    }

    [Fact]
    public void Without_a_body_the_words_stay()
    {
        RequestEcho.Remove("words of a server", default).Should().Be("words of a server");
        RequestEcho.Remove("words of a server", "{ not JSON"u8.ToArray()).Should().Be("words of a server");
        RequestEcho.Remove(null, Body(Prompt)).Should().BeNull();
    }

    [Fact]
    public void Words_that_repeat_one_letter_cost_no_more_than_others()
    {
        string words = new('a', 4_096);

        RequestEcho.Remove(words, Body(new string('a', 2_000_000))).Should().Be("[…]");
    }

    private static byte[] Body(JsonNode content) => Encoding.UTF8.GetBytes(
        new JsonObject { ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = content.DeepClone() }) }.ToJsonString());
}
