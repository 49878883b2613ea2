/// <summary>The heading above what a recipe prints. Tests find by it what the pages show as output.</summary>
internal static class Recipe
{
    public static void Title(string title) => Console.WriteLine($"\n== {title}");
}
