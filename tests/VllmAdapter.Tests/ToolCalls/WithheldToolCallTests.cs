namespace VllmAdapter.Tests.ToolCalls;

public sealed class WithheldToolCallTests
{
    [Theory]
    [InlineData(WithheldReason.ChoiceCut, "its choice was cut by the token limit, and complete JSON does not prove a complete call")]
    [InlineData(WithheldReason.ChoiceNotFinished, "its choice did not finish")]
    [InlineData(WithheldReason.StreamBroken, "the stream broke off before its end")]
    [InlineData(WithheldReason.EndUnconfirmed, "neither the sentinel nor a token count shows that no limit cut it")]
    [InlineData(WithheldReason.NameMissing, "the server sent no name")]
    [InlineData(WithheldReason.ArgumentsMissing, "the server sent no arguments, and nothing shows that none were meant")]
    [InlineData(WithheldReason.ArgumentsOpen, "its arguments end in the middle of their JSON")]
    [InlineData(WithheldReason.ArgumentsMalformed, "its arguments are not JSON")]
    [InlineData(WithheldReason.ArgumentsNotAnObject, "its arguments are not a JSON object")]
    [InlineData((WithheldReason)0, "no reason was given")]
    public void A_withheld_call_explains_why(WithheldReason reason, string because) =>
        new WithheldToolCall { Reason = reason, Name = "get_weather" }.Explain().Should().Be($"The call of get_weather was withheld: {because}.");

    [Fact]
    public void A_call_without_a_name_is_an_unnamed_tools() =>
        new WithheldToolCall { Reason = WithheldReason.NameMissing }.Explain().Should().Be("The call of an unnamed tool was withheld: the server sent no name.");
}
