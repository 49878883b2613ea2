using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace VllmAdapter.Tool.Commands;

/// <summary>Options that several commands have.</summary>
internal static class CommandOptions
{
    public static Option<int> Port(int usual) => new("--port")
    {
        Description = "The local port to listen on; 0 for any free one.",
        HelpName = "N",
        DefaultValueFactory = _ => usual,
        CustomParser = static result => Number(result, 0, ushort.MaxValue, "a port, 0 to 65535") ?? 0,
    };

    public static Option<int?> Tokens(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TOKENS",
        CustomParser = static result => Number(result, 1, int.MaxValue, "a number of tokens, 1 or more"),
    };

    private static int? Number(ArgumentResult result, int least, int most, string wanted)
    {
        string word = result.Tokens[0].Value;
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
            return number;

        result.AddError($"{(result.Parent as OptionResult)?.Option.Name} takes {wanted}, not {word}.");
        return null;
    }
}
