using System.Diagnostics;

namespace VllmAdapter.BrowserTests;

/// <summary>The playground in a process of its own, and a browser to look at it.</summary>
/// <remarks>The browser is the system's: the variable CHROMIUM names it, or it is where Debian puts it.</remarks>
public sealed class PlaygroundServer : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private Process? _process;
    private Microsoft.Playwright.IPlaywright? _playwright;

    public Microsoft.Playwright.IBrowser Browser { get; private set; } = null!;

    public string Address { get; private set; } = "";

    public async Task InitializeAsync()
    {
        string root = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string program = Path.Combine(root, "samples", "Playground", "bin", configuration, "net10.0", "Playground.dll");
        _process = Process.Start(new ProcessStartInfo("dotnet", [program, "--urls", "http://127.0.0.1:0"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string? line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        Address = line!["Open ".Length..];

        _playwright = await Microsoft.Playwright.Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox"],
        });
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null)
            await Browser.DisposeAsync();

        _playwright?.Dispose();
        _process?.Kill(entireProcessTree: true);
        _process?.Dispose();
    }

    /// <summary>Where a picture for the README goes: the folder in VLLMADAPTER_PICTURES; null if nobody wants one.</summary>
    public static string? PictureOf(string name) =>
        Environment.GetEnvironmentVariable("VLLMADAPTER_PICTURES") is { } folder ? Path.Combine(folder, name + ".png") : null;

    private static string FindRoot(DirectoryInfo? folder) => folder is null
        ? throw new InvalidOperationException("The tests do not run below the repository.")
        : File.Exists(Path.Combine(folder.FullName, "VllmAdapter.sln")) ? folder.FullName : FindRoot(folder.Parent);
}
