using System.Net;

namespace VllmAdapter.Tool.Fake;

/// <summary>What the words of a <c>fake</c> command mean.</summary>
internal static class FakeSettings
{
    /// <exception cref="ToolException">There is no such profile.</exception>
    public static VllmProfile ProfileOf(string version) =>
        VllmProfile.All.FirstOrDefault(profile => profile.Version == version || $"v{profile.Version}" == version)
        ?? throw new ToolException($"There is no profile {version}. There are {string.Join(", ", VllmProfile.All.Select(profile => profile.Version))}.");

    /// <exception cref="ToolException">There is no such scenario.</exception>
    public static Scenario ScenarioOf(string name)
    {
        if (Scenarios.Find(name) is { } scenario)
            return scenario;

        string[] alike = [.. Scenarios.All.Select(known => known.Id).OrderByDescending(id => WordsInCommon(id, name)).ThenBy(id => id.Length).Take(3)];
        throw new ToolException($"There is no scenario \"{Explain.Wording.OneLine(name)}\". Similar: {string.Join(", ", alike)}; --list shows all {Scenarios.All.Count}.");
    }

    /// <exception cref="ToolException">It is no address of a machine.</exception>
    public static IPAddress AddressOf(string host) => host switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        _ when IPAddress.TryParse(host, out IPAddress? address) => address,
        _ => throw new ToolException($"--host takes an address of this machine, such as 127.0.0.1 or 0.0.0.0, not {Explain.Wording.OneLine(host)}."),
    };

    private static int WordsInCommon(string id, string name) =>
        id.Split('-').Intersect(name.Split([' ', '-', '_', ',', '.'], StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase).Count();
}
