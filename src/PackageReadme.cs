using System.IO;
using System.Text.RegularExpressions;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes the readme of a package: its relative links become links to the repository, for nuget.org empties them otherwise. While the repository has no
/// address, a link is its text, and a picture is left out. Run by MSBuild, not part of any package.
/// </summary>
public class PackageReadme : Task
{
    [Required]
    public string Source { get; set; }

    /// <summary>The folder of the repository.</summary>
    [Required]
    public string Root { get; set; }

    /// <summary>Where the repository is published, such as https://github.com/owner/name; empty while it is nowhere.</summary>
    public string Url { get; set; }

    [Required]
    public string Destination { get; set; }

    public override bool Execute()
    {
        string text = File.ReadAllText(Source);
        text = Regex.Replace(text, @"^<!--.*?-->\r?\n", "", RegexOptions.Multiline);

        // Code stays as it is: "a[0](b)" is no link.
        text = Regex.Replace(text, @"^```.*?^```|`[^`\n]+`|(?<image>!?)\[(?<text>(?:[^\[\]]|\[\])*)\]\((?<to>[^)\s]+)\)", Rewrite, RegexOptions.Singleline | RegexOptions.Multiline);

        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        File.WriteAllText(Destination, text);
        return true;
    }

    private string Rewrite(Match match)
    {
        string to = match.Groups["to"].Value;
        if (to.Length == 0 || to.StartsWith("#") || Regex.IsMatch(to, "^[a-z]+:"))
            return match.Value;

        bool isImage = match.Groups["image"].Length > 0;
        string text = match.Groups["text"].Value;
        if (string.IsNullOrEmpty(Url))
            return isImage ? "" : text;

        return $"{match.Groups["image"].Value}[{text}]({Address(isImage)}/{FromRoot(to)})";
    }

    // HEAD is the default branch. nuget.org shows pictures of raw.githubusercontent.com, and none of github.com.
    private string Address(bool isImage)
    {
        string url = Url.TrimEnd('/');
        return isImage
            ? url.StartsWith("https://github.com/") ? url.Replace("https://github.com/", "https://raw.githubusercontent.com/") + "/HEAD" : url + "/raw/HEAD"
            : url + "/blob/HEAD";
    }

    private string FromRoot(string to)
    {
        string root = Path.GetFullPath(Root).TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar;
        string[] parts = to.Split('#');
        string path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Source)), parts[0]));
        string relative = path.Substring(root.Length).Replace('\\', '/');
        return parts.Length > 1 ? $"{relative}#{parts[1]}" : relative;
    }
}
