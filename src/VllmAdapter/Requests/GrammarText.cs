namespace VllmAdapter;

/// <summary>A piece of a grammar's text.</summary>
internal readonly record struct GrammarToken(GrammarTokenKind Kind, string Text, bool IsCalled = false);

internal enum GrammarTokenKind
{
    /// <summary>The name of a rule, followed by "::=" where the rule is defined.</summary>
    Name = 1,
    Defines,
    Opens,
    Closes,

    /// <summary>A string, a class, an operator: whatever refers to no rule.</summary>
    Element,
}

/// <summary>Cuts a grammar (EBNF with "::=") into its pieces, as far as brackets, quotes and names go.</summary>
internal static class GrammarText
{
    /// <exception cref="FormatException">A quote or a bracket is not closed.</exception>
    public static List<GrammarToken> Read(string grammar)
    {
        List<GrammarToken> tokens = [];
        for (int at = 0; at < grammar.Length;)
        {
            (int length, GrammarTokenKind? kind) = TokenAt(grammar, at);
            int next = at + length;
            if (kind is { } known)
                tokens.Add(new GrammarToken(known, grammar[at..next], IsCalled: next < grammar.Length && grammar[next] == '('));

            at = next;
        }

        return tokens;
    }

    private static (int Length, GrammarTokenKind? Kind) TokenAt(string grammar, int at) => grammar[at] switch
    {
        '#' => (LengthTo(grammar, at, '\n') ?? grammar.Length - at, null),
        ':' when string.CompareOrdinal(grammar, at, "::=", 0, 3) == 0 => (3, GrammarTokenKind.Defines),
        '(' => (1, GrammarTokenKind.Opens),
        ')' => (1, GrammarTokenKind.Closes),
        '"' => (Closed(grammar, at, '"', "quote"), GrammarTokenKind.Element),
        '\'' => (Closed(grammar, at, '\'', "quote"), GrammarTokenKind.Element),
        '[' => (Closed(grammar, at, ']', "bracket"), GrammarTokenKind.Element),
        '{' => (Closed(grammar, at, '}', "brace"), GrammarTokenKind.Element),
        '<' when LengthTo(grammar, at, '>') is { } special => (special, GrammarTokenKind.Element),
        var other when char.IsWhiteSpace(other) => (1, null),
        var other when IsOfName(other) => (NameLength(grammar, at), GrammarTokenKind.Name),
        _ => (1, GrammarTokenKind.Element),
    };

    private static int Closed(string grammar, int at, char by, string what) => LengthTo(grammar, at, by)
        ?? throw new FormatException($"a {what} in line {grammar.AsSpan(0, at).Count('\n') + 1} is not closed");

    // None of these may hold a line end; a backslash takes the next character with it.
    private static int? LengthTo(string grammar, int at, char end)
    {
        for (int i = at + 1; i < grammar.Length; i++)
        {
            if (grammar[i] == end)
                return i + 1 - at;
            if (grammar[i] is '\n' or '\r')
                return null;
            if (grammar[i] == '\\' && grammar[at] != '#')
                i++;
        }

        return null;
    }

    private static int NameLength(string grammar, int at)
    {
        int end = at;
        while (end < grammar.Length && IsOfName(grammar[end]))
            end++;

        return end - at;
    }

    private static bool IsOfName(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.';
}
