using System.Text;
using VllmAdapter.Tool.Batch;

namespace VllmAdapter.Tool.Tests;

/// <summary>What .NET appends to a message for developers is not shown to whoever uses the tool.</summary>
public sealed class FailuresTests
{
    private static readonly ArgumentException Refused = Refuse(request: "{}");

    [Fact]
    public void A_wrong_argument_is_told_without_the_name_of_a_parameter() =>
        Failures.Of(Refused).Sentence.Should().Be("The request is empty. Add a message.");

    [Fact]
    public void A_request_of_a_batch_that_cannot_be_sent_is_explained_without_the_name_of_a_parameter() =>
        Encoding.UTF8.GetString(BatchResult.Of("a", "1", Refused).Line).Should().Contain("The request is empty. Add a message.").And.NotContain("(Parameter");

    private static ArgumentException Refuse(string request) => new("The request is empty. Add a message.", nameof(request));
}
