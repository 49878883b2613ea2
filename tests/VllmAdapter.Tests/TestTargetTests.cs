using System.Reflection;
using System.Runtime.Versioning;

namespace VllmAdapter.Tests;

public sealed class TestTargetTests
{
    [Fact]
    public void The_build_under_test_is_the_one_that_was_asked_for()
    {
        string asked = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == "TestTarget").Value!;

        typeof(VllmInferenceAdapter).Assembly.GetCustomAttribute<TargetFrameworkAttribute>()!.FrameworkName
            .Should().Be(asked.Replace("net", ".NETCoreApp,Version=v", StringComparison.Ordinal));
    }
}
