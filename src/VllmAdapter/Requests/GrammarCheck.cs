namespace VllmAdapter;

/// <summary>
/// Looks for what no grammar may have: vLLM 0.11.0, 0.15.1 and 0.20.2 end for everybody on one that does not compile. Only faults that every
/// backend refuses are found; Lark's own form ("start: ...") is not judged.
/// </summary>
internal static class GrammarCheck
{
    private const string Root = "root";

    /// <summary>What is wrong with the grammar; null if nothing is seen.</summary>
    public static string? FaultOf(string grammar)
    {
        if (string.IsNullOrWhiteSpace(grammar))
            return "it is empty";

        // vLLM tells the two forms apart by this sign too.
        if (!grammar.Contains("::=", StringComparison.Ordinal))
            return null;

        try
        {
            return FaultOf(GrammarText.Read(grammar));
        }
        catch (FormatException unclosed)
        {
            return unclosed.Message;
        }
    }

    private static string? FaultOf(List<GrammarToken> tokens)
    {
        int[] heads = [.. Enumerable.Range(0, tokens.Count).Where(at => IsHead(tokens, at))];
        HashSet<string> defined = new(StringComparer.Ordinal);
        foreach (int head in heads)
        {
            if (!defined.Add(tokens[head].Text))
                return $"the rule '{tokens[head].Text}' is defined twice";
        }

        if (!defined.Contains(Root))
            return $"it has no rule '{Root}', where every answer begins";

        for (int i = 0; i < heads.Length; i++)
        {
            int end = i + 1 < heads.Length ? heads[i + 1] : tokens.Count;
            if (FaultOf(tokens[heads[i]].Text, tokens[(heads[i] + 2)..end], defined) is { } fault)
                return fault;
        }

        return null;
    }

    private static string? FaultOf(string rule, List<GrammarToken> body, HashSet<string> defined)
    {
        if (body.Count == 0)
            return $"the rule '{rule}' is empty";

        int depth = 0;
        bool hasMacro = body.Any(token => token is { Kind: GrammarTokenKind.Name, IsCalled: true } && !IsDefined(token.Text, defined));
        foreach (GrammarToken token in body)
        {
            depth += token.Kind switch { GrammarTokenKind.Opens => 1, GrammarTokenKind.Closes => -1, _ => 0 };
            if (depth < 0)
                break;

            // A backend's own word, such as TagDispatch(...), has arguments that are no rules.
            if (token.Kind == GrammarTokenKind.Name && !hasMacro && !IsDefined(token.Text, defined))
                return $"the rule '{token.Text}', which '{rule}' uses, is defined nowhere";
        }

        return depth == 0 ? null : $"the parentheses of the rule '{rule}' do not match";
    }

    // In some dialects a dot is no part of a name but stands for any character.
    private static bool IsDefined(string name, HashSet<string> defined) =>
        defined.Contains(name) || (name.Contains('.') && name.Split('.', StringSplitOptions.RemoveEmptyEntries).All(defined.Contains));

    private static bool IsHead(List<GrammarToken> tokens, int at) =>
        tokens[at].Kind == GrammarTokenKind.Name && at + 1 < tokens.Count && tokens[at + 1].Kind == GrammarTokenKind.Defines;
}
