namespace VllmAdapter.Tests.Requests;

public sealed class GrammarCheckTests
{
    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("  \n", "it is empty")]
    [InlineData("root ::= ", "the rule 'root' is empty")]
    [InlineData("root ::= # nothing but words\n", "the rule 'root' is empty")]
    [InlineData("root ::= item\nitem ::=\n", "the rule 'item' is empty")]
    [InlineData("item ::= \"a\"", "it has no rule 'root', where every answer begins")]
    [InlineData("# root ::= \"a\"\nitem ::= \"a\"", "it has no rule 'root', where every answer begins")]
    [InlineData("root ::= item", "the rule 'item', which 'root' uses, is defined nowhere")]
    [InlineData("root ::= (\"a\" | Item)+\nitem ::= \"b\"", "the rule 'Item', which 'root' uses, is defined nowhere")]
    [InlineData("root ::= \"a\"\nroot ::= \"b\"", "the rule 'root' is defined twice")]
    [InlineData("root ::= (\"a\"", "the parentheses of the rule 'root' do not match")]
    [InlineData("root ::= \"a\")", "the parentheses of the rule 'root' do not match")]
    [InlineData("root ::= )\"a\"(", "the parentheses of the rule 'root' do not match")]
    [InlineData("root ::= (item\nitem ::= \"a\")", "the parentheses of the rule 'root' do not match")]
    [InlineData("root ::= \"a", "a quote in line 1 is not closed")]
    [InlineData("root ::= item\nitem ::= \"a\\\"\n", "a quote in line 2 is not closed")]
    [InlineData("root ::= [a-z", "a bracket in line 1 is not closed")]
    [InlineData("root ::= [a-z]{2", "a brace in line 1 is not closed")]
    public void A_grammar_that_no_backend_compiles_is_found(string grammar, string fault) => GrammarCheck.FaultOf(grammar).Should().Be(fault);

    [Theory]
    [InlineData("root ::= \"a\"")]
    [InlineData("root ::= \"\"")]
    [InlineData("item ::= \"a\"\n\nroot ::= item")]
    [InlineData("root ::= item (\",\" item)*\nitem ::= [a-z0-9]+ | \"(\" root \")\"")]
    [InlineData("root   ::=\n  \"a\" |\n  \"b\" # or (\n")]
    [InlineData("root ::= [\\]\\[()\"]{1,3} \"\\\"::=\\\\\"")]
    [InlineData("root ::= [^\"]* 'it''s' .")]
    [InlineData("root ::= my-item_2.x\nmy-item_2.x ::= \"a\"")]
    [InlineData("root ::= item.\nitem ::= \"a\"")]
    [InlineData("root ::= item(\"b\")\nitem ::= \"a\"")]
    [InlineData("root ::= TagDispatch((\"<f>\", item), stop_eos=true)\nitem ::= \"a\"")]
    [InlineData("root ::= \"a\" (= \"b\")")]
    [InlineData("start: \"a\" (")]
    [InlineData("?start: item\nitem: /[a-z]+/")]
    public void A_grammar_that_some_backend_may_compile_is_left_to_it(string grammar) => GrammarCheck.FaultOf(grammar).Should().BeNull();
}
