using Microsoft.Extensions.AI;

namespace VllmAdapter.Extensions.AI.Tests;

public sealed class TypeNameTests
{
    [Fact]
    public void Whoever_imports_both_libraries_finds_no_name_twice()
    {
        static IEnumerable<string> NamesOf(Type type) =>
            type.Assembly.GetExportedTypes().Where(exported => !exported.IsNested).Select(exported => exported.Name);

        NamesOf(typeof(VllmInferenceAdapter)).Should().NotIntersectWith(NamesOf(typeof(IChatClient)));
    }
}
