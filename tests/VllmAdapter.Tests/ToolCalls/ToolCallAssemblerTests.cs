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
    [InlineData("another name under a known id is passed over", "0 a f { | 0 a g }", "a f {}")]
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
