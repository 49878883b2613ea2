using System.CommandLine;
using Spectre.Console.Testing;

namespace VllmAdapter.Tool.Tests;

/// <summary>docs/tool.md and the package's README tell of what there is.</summary>
public sealed class ToolDocumentTests
{
    [Fact]
    public void The_document_names_every_command_and_every_option_of_those_that_it_describes()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/tool.md"));
        using var console = new TestConsole();
        using var terminal = new Terminal { Out = console, Error = console };

        foreach (Command command in new ToolApp(terminal).Commands().Subcommands)
        {
            page.Should().Contain($"`{command.Name}");
            string own = Path.Combine(Repository.Root, $"docs/{command.Name}.md");
            (File.Exists(own) ? File.ReadAllText(own) : page).Should().ContainAll(command.Options.Select(option => option.Name));
        }
    }

    [Fact]
    public void The_document_counts_the_scenarios_and_the_versions()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/tool.md"));

        page.Should().Contain($"any of {Scenarios.All.Count} ways to end").And.Contain("the habits of five versions");
        VllmProfile.All.Should().HaveCount(5);
    }

    [Fact]
    public void The_packages_README_names_every_command()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "src/VllmAdapter.Tool/README.md"));

        page.Should().ContainAll("vllm-adapter check", "vllm-adapter explain", "vllm-adapter record", "vllm-adapter fake", "vllm-adapter guard", "vllm-adapter batch");
    }
}
