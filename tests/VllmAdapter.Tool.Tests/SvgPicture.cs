using System.Globalization;
using System.Security;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace VllmAdapter.Tool.Tests;

/// <summary>Draws what a console was told to print, as a picture for the documentation.</summary>
internal sealed class SvgPicture : IAnsiConsoleEncoder
{
    private const double CharacterWidth = 8.4;
    private const int LineHeight = 18;
    private const int Margin = 16;
    private const string Paper = "#1e1e2e";
    private const string Ink = "#cdd6f4";

    public string Encode(IAnsiConsole console, IEnumerable<IRenderable> renderables)
    {
        var options = RenderOptions.Create(console, new Capabilities { Unicode = true });
        var body = new StringBuilder();
        int line = 0;
        int column = 0;
        int widest = 0;
        foreach ((Style style, string text) in Runs(renderables.SelectMany(renderable => renderable.Render(options, console.Profile.Width))))
        {
            string[] parts = text.Split('\n');
            for (int i = 0; i < parts.Length; i++)
            {
                if (i > 0)
                    (line, column) = (line + 1, 0);
                Draw(body, parts[i], style, line, column);
                column += parts[i].Length;
                widest = Math.Max(widest, column);
            }
        }

        int lines = column == 0 ? line : line + 1;
        double width = (2 * Margin) + (widest * CharacterWidth);
        int height = (2 * Margin) + (lines * LineHeight);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:0.#} {height}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
            <rect width="100%" height="100%" rx="8" fill="{Paper}"/>
            {body}</svg>

            """).ReplaceLineEndings("\n");
    }

    // What stands side by side in one style is one text.
    private static IEnumerable<(Style Style, string Text)> Runs(IEnumerable<Segment> segments)
    {
        Style style = Style.Plain;
        var text = new StringBuilder();
        foreach (Segment segment in segments.Where(segment => !segment.IsControlCode))
        {
            if (!segment.Style.Equals(style))
            {
                yield return (style, text.ToString());
                (style, _) = (segment.Style, text.Clear());
            }

            text.Append(segment.Text.ReplaceLineEndings("\n"));
        }

        yield return (style, text.ToString());
    }

    private static void Draw(StringBuilder body, string text, Style style, int line, int column)
    {
        if (string.IsNullOrWhiteSpace(text))
            return;

        // The width is said, so that columns stand under each other in every font.
        string trimmed = text.TrimEnd();
        double x = Margin + (column * CharacterWidth);
        int y = Margin + ((line + 1) * LineHeight) - 5;
        string colour = style.Foreground == Color.Default ? Ink : $"#{style.Foreground.ToHex()}";
        string weight = style.Decoration.HasFlag(Decoration.Bold) ? " font-weight=\"bold\"" : "";
        string slant = style.Decoration.HasFlag(Decoration.Italic) ? " font-style=\"italic\"" : "";
        string faint = style.Decoration.HasFlag(Decoration.Dim) ? " opacity=\"0.6\"" : "";
        body.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"{x:0.#}\" y=\"{y}\" textLength=\"{trimmed.Length * CharacterWidth:0.#}\" xml:space=\"preserve\" fill=\"{colour}\"{weight}{slant}{faint}>{SecurityElement.Escape(trimmed)}</text>\n");
    }
}
