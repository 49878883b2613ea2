namespace VllmAdapter;

public sealed partial class VllmInferenceAdapter
{
    /// <summary>Has a model that writes text say which of a few labels fits a text, and how likely it finds each.</summary>
    /// <inheritdoc cref="ClassifyAsync(LabelRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="text">The text.</param>
    /// <param name="labels">The labels: two or more, in words that the model would say.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    public Task<LabelResult> ClassifyAsync(string text, IReadOnlyList<string> labels, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(labels);
        return ClassifyAsync(new LabelRequest { Chat = LabelCalls.QuestionAbout(text, labels), Labels = labels }, cancellationToken);
    }

    /// <summary>Has a generative model answer with one of a few labels, and reports how likely it finds each.</summary>
    /// <param name="request">What is asked, and the labels.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    /// <exception cref="ArgumentException">The request cannot be sent as it is; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The adapter, its client or a handler is disposed.</exception>
    /// <exception cref="VllmRequestException">
    /// The request never became an answer; or the answer has no log probabilities, or none of the labels among them
    /// (<see cref="RequestFailure.InvalidReply"/>, with the answer's text in <see cref="VllmRequestException.ResponseBody"/>).
    /// </exception>
    /// <exception cref="IncompleteStreamException">The answer broke off. One that was cut by its length still has its labels.</exception>
    public Task<LabelResult> ClassifyAsync(LabelRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return LabelCalls.AskAsync(this, request, cancellationToken);
    }

    /// <summary>Asks a model that writes text a question that is answered by yes or no, and how likely it finds yes.</summary>
    /// <inheritdoc cref="ClassifyAsync(LabelRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="question">The question; that yes or no is wanted is added to it.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    public Task<YesNoResult> AskYesNoAsync(string question, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return AskYesNoAsync(ChatRequest.FromPrompt($"{question}\n\nAnswer with yes or no and nothing else."), cancellationToken);
    }

    /// <summary>Asks a model that writes text for yes or no, in a chat of the caller's own making.</summary>
    /// <inheritdoc cref="ClassifyAsync(LabelRequest, CancellationToken)" path="/*[not(self::param or self::typeparam)]"/>
    /// <param name="question">What is asked. It should ask for yes or no alone; rerankers that are served as chat models have a form of their own for it.</param>
    /// <param name="cancellationToken">Ends the call with <see cref="OperationCanceledException"/>, and the generation on the server.</param>
    public Task<YesNoResult> AskYesNoAsync(ChatRequest question, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return LabelCalls.AskYesNoAsync(this, question, cancellationToken);
    }
}
