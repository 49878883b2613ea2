namespace VllmAdapter.Tests.ToolCalls;

/// <summary>Pieces of one choice's calls in, calls out: "index id name arguments" each, "-" for what a piece or a call lacks.</summary>
public sealed class ToolCallAssemblerTests
{
    [Theory]
    [InlineData("a name first, then its arguments", "0 a f - | 0 - - {\"x\" | 0 - - :1}", "a f {\"x\":1}")]
    [InlineData("everything at once", "0 a f {}", "a f {}")]
    [InlineData("no arguments at all", "0 a f -", "a f -")]
    [InlineData("arguments before the name", "0 - - { | 0 a f }", "a f {}")]
    [InlineData("two calls, one after the other", "0 a f {} | 1 b g {} ", "a f {} | b g {}")]
    [InlineData("two calls, interleaved", "0 a f { | 1 b g [ | 0 - - } | 1 - - ]", "a f {} | b g []")]
    [InlineData("two calls of the same tool", "0 a f {} | 1 b f {}", "a f {} | b f {}")]
    [InlineData("equal calls are still two", "0 a f {} | 1 a f {}", "a f {} | a f {}")]
    [InlineData("indexes that skip", "3 a f { | 7 b g { | 3 - - }", "a f {} | b g {")]
    [InlineData("the name repeated in every delta, no id (vLLM 0.8.5, named)", "0 - f {\"x\" | 0 - f :1 | 0 - f }", "- f {\"x\":1}")]
    [InlineData("the id repeated in every delta", "0 a f { | 0 a - } ", "a f {}")]
    [InlineData("the id late", "0 - f { | 0 a - }", "a f {}")]
    [InlineData("another name under a known id starts a call", "0 a f { | 0 a g }", "a f { | a g }")]
    [InlineData("one id and index for all calls, by their names", "0 a f - | 0 a g {\"x\":1} | 0 a - -", "a f - | a g {\"x\":1}")]
    [InlineData("one id and index for all calls of one tool: no whole call", "0 a f {} | 0 a f {}", "a f {}{}")]
    [InlineData("another id on every continuation (poolsideai/pool#9)", "0 a f - | 0 b - { | 0 b - }", "a f {}")]
    [InlineData("yet another id on every continuation", "0 a f - | 0 b - { | 0 c - }", "a f {}")]
    [InlineData("another id on every continuation of two calls", "0 a f - | 1 b g - | 0 c - {} | 1 d - {}", "a f {} | b g {}")]
    [InlineData("a new id before its name starts no call", "0 a f { | 0 b - } | 0 b g {}", "a f {} | b g {}")]
    [InlineData("no index: a new id starts a call without a name too", "- a f {} | - b - {}", "a f {} | b - {}")]
    [InlineData("two choices folded into one (BerriAI/litellm#9242)", "0 a f { | 0 - - } | 0 b f {} | 0 - - -", "a f {} | b f {}")]
    [InlineData("ids 0 and 1, no index, empty names (sgl-project/sglang#5661)", "- 0 f - | - 0 - {} | - 1 f - | - 1 - {}", "0 f {} | 1 f {}")]
    [InlineData("a new id at a used index starts a call", "0 a f {} | 0 b g {}", "a f {} | b g {}")]
    [InlineData("a new id at a used index, the same tool", "0 a f {} | 0 b f { | 0 - - }", "a f {} | b f {}")]
    [InlineData("a known id at a used index goes on with its call", "0 a f { | 0 b g { | 0 a - } | 0 b - }", "a f {} | b g {}")]
    [InlineData("a new name at a used index starts a call", "0 - f {} | 0 - g {}", "- f {} | - g {}")]
    [InlineData("a new name after an id starts a call", "0 a f {} | 0 - g {}", "a f {} | - g {}")]
    [InlineData("a first id and a new name start a call", "0 - f {} | 0 b g {}", "- f {} | b g {}")]
    [InlineData("no index: pieces go on with the last call", "- a f { | - - - }", "a f {}")]
    [InlineData("no index: a new id starts a call", "- a f {} | - b g { | - - - }", "a f {} | b g {}")]
    [InlineData("no index: a known id goes on with its call", "- a f { | - b g { | - a - } | - b - }", "a f {} | b g {}")]
    [InlineData("no index: a new name starts a call", "- - f {} | - - g {}", "- f {} | - g {}")]
    [InlineData("no index: an id after a name completes the call", "- - f { | - a - }", "a f {}")]
    [InlineData("no index after an index", "0 a f { | - - - }", "a f {}")]
    [InlineData("an index after two calls without one", "- a f { | - b g { | 1 - - }", "a f { | b g {}")]
    [InlineData("an index after no index", "- a f { | 0 - - }", "a f {}")]
    [InlineData("no name ever (vLLM 0.8.5 and 0.11.0 with two choices)", "0 a - { | 0 - - }", "a - {}")]
    [InlineData("nothing but an index", "0 - - -", "- - -")]
    [InlineData("ids are told apart by case", "0 a f {} | 0 A f {}", "a f {} | A f {}")]
    [InlineData("names are told apart by case", "0 - f {} | 0 - F {}", "- f {} | - F {}")]
    public void Pieces_become_calls(string name, string pieces, string calls)
    {
        var assembler = new ToolCallAssembler();
        foreach (string piece in pieces.Split('|', StringSplitOptions.TrimEntries))
            assembler.Add(Piece(piece.Split(' ')));

        string assembled = string.Join(" | ", assembler.Assemble()
            .Select(call => $"{call.Id ?? "-"} {call.Name ?? "-"} {(call.Arguments.Length > 0 ? call.Arguments : "-")}"));
        assembled.Should().Be(calls, name);
    }

    [Fact]
    public void Nothing_becomes_nothing() => new ToolCallAssembler().Assemble().Should().BeEmpty();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_hundred_thousand_calls_are_put_together_in_one_pass(bool areIndexed)
    {
        var assembler = new ToolCallAssembler();
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 100_000; i++)
                assembler.Add(new ToolCallDelta { Index = areIndexed ? i : null, Id = $"call-{i}", Name = "f", Arguments = round == 0 ? "{" : "}" });
        }

        assembler.Assemble().Should().HaveCount(100_000).And.OnlyContain(call => call.Arguments == "{}");
    }

    [Fact]
    public void Ids_of_a_megabyte_that_change_on_every_piece_are_one_call()
    {
        var assembler = new ToolCallAssembler();
        assembler.Add(new ToolCallDelta { Index = 0, Id = "a", Name = "f", Arguments = "{" });
        for (int i = 0; i < 100; i++)
            assembler.Add(new ToolCallDelta { Index = 0, Id = new string((char)('b' + (i % 20)), 1_000_000), Arguments = " " });

        assembler.Assemble().Should().ContainSingle().Which.Arguments.Should().HaveLength(101);
    }

    [Fact]
    public void White_space_of_the_arguments_is_kept()
    {
        var assembler = new ToolCallAssembler();
        assembler.Add(new ToolCallDelta { Index = 0, Arguments = " {" });
        assembler.Add(new ToolCallDelta { Index = 0, Arguments = "}\n" });

        assembler.Assemble().Should().ContainSingle().Which.Arguments.Should().Be(" {}\n");
    }

    private static ToolCallDelta Piece(string[] parts) => new()
    {
        Index = parts[0] == "-" ? null : int.Parse(parts[0]),
        Id = parts[1] == "-" ? null : parts[1],
        Name = parts[2] == "-" ? null : parts[2],
        Arguments = parts[3] == "-" ? "" : parts[3],
    };
}
