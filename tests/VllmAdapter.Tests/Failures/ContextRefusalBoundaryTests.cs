namespace VllmAdapter.Tests.Failures;

/// <summary>Where a prompt alone begins to be too long, in the sentence of 0.15 that shows the window less the output asked for (vllm#33418).</summary>
public sealed class ContextRefusalBoundaryTests
{
    [Theory]
    [InlineData(548, 1_500, 2_047, null)]
    [InlineData(548, 1_500, 2_048, true)]
    [InlineData(548, 1_500, 2_049, true)]
    [InlineData(2_048, null, 2_047, null)]
    [InlineData(2_048, null, 2_048, true)]
    public void A_prompt_that_fills_the_whole_window_is_too_long_alone(int told, int? asked, int prompt, bool? isTooLong)
    {
        string message = $"This model's maximum context length is {told} tokens. However, your request has {prompt} input tokens. "
            + "Please reduce the length of the input messages.";

        ContextRefusalReader.TryRead(message, null, asked, out ContextRefusal? refusal).Should().BeTrue();

        refusal!.PromptAloneIsTooLong.Should().Be(isTooLong);
    }
}
