using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>Takes out of an XML documentation file what is not in the lists of the public surface. Run by MSBuild, not part of any package.</summary>
public class KeepPublicDocumentation : Task
{
    [Required]
    public string Documentation { get; set; }

    [Required]
    public string[] PublicApi { get; set; }

    public override bool Execute()
    {
        var known = new HashSet<string>(PublicApi.SelectMany(File.ReadLines).Select(NameInList));
        XDocument documentation = XDocument.Load(Documentation, LoadOptions.PreserveWhitespace);
        foreach (XElement member in documentation.Descendants("member").ToList())
        {
            if (known.Contains(NameInDocumentation((string)member.Attribute("name"))))
                continue;

            if (member.PreviousNode is XText indentation)
                indentation.Remove();
            member.Remove();
        }

        documentation.Save(Documentation, SaveOptions.DisableFormatting);
        return true;
    }

    // static A.B<T>.C<U>(int d) -> void   becomes   A.B.C
    private static string NameInList(string line)
    {
        string name = Regex.Replace(line, @"^((static|const|override|abstract|virtual|sealed|readonly) )*", "");
        name = Regex.Replace(name, @" (->|=) .*$", "");
        name = Regex.Replace(name, @"\.(implicit|explicit )?operator .*$", ".operator");
        name = name.Split('(')[0].Replace(".this[", ".Item[").Split('[')[0];
        while (name.Contains("<"))
        {
            string outer = Regex.Replace(name, "<[^<>]*>", "");
            if (outer == name)
                break;
            name = outer;
        }

        name = Regex.Replace(name, @"\.(get|set|init|add|remove)$", "");
        return Regex.Replace(name, @"(^|\.)(\w+)\.\2$", "$1$2.#ctor");
    }

    // M:A.B`1.C``1(System.Int32)   becomes   A.B.C
    private static string NameInDocumentation(string id)
    {
        string name = Regex.Replace(id.Substring(2).Split('(')[0], "`+[0-9]+", "");
        return Regex.Replace(name, @"\.op_\w+$", ".operator");
    }
}
