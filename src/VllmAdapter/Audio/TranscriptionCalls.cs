using System.Text.Json.Nodes;

namespace VllmAdapter;

/// <summary>Asks one of the two audio routes.</summary>
internal sealed class TranscriptionCalls(CallSetup setup, RouteCalls routes, string path, string operation)
{
    public static TranscriptionCalls Transcribing(CallSetup setup, RouteCalls routes) => new(setup, routes, VllmEndpoint.Transcriptions, "transcription");

    public static TranscriptionCalls Translating(CallSetup setup, RouteCalls routes) => new(setup, routes, VllmEndpoint.Translations, "translation");

    /// <exception cref="ArgumentException">The request cannot be streamed, or not be sent as it is.</exception>
    public TranscriptionStream Stream(TranscriptionRequest request, CancellationToken cancellationToken)
    {
        if (!request.IsStreamed)
            throw RequestRefusal.Because($"{(request.Segments ? "Segments come" : "With Stream false the text comes")} whole, in one reply: call {(operation == "transcription" ? "TranscribeAsync" : "TranslateAsync")}.");

        ChatCall call = CallOf(request);
        return new TranscriptionStream(new ChatStream(call, cancellationToken));
    }

    public Task<Transcription> AskAsync(TranscriptionRequest request, CancellationToken cancellationToken) =>
        request.IsStreamed ? Stream(request, cancellationToken).GatherAsync() : AskWholeAsync(request, cancellationToken);

    private async Task<Transcription> AskWholeAsync(TranscriptionRequest request, CancellationToken cancellationToken)
    {
        JsonObject fields = TranscriptionForm.Fields(request, setup.Options.Model, setup.Options.UsageReporting);
        FormBody form = TranscriptionForm.Write(fields, request.Audio);
        var question = new RouteQuestion(path, operation)
        {
            NewContent = form.NewContent,
            Headers = request.Headers,
            Model = ChatRequestBody.ModelOf(fields),
            Expected = "a transcription",
        };
        ChatAnswer answer = await routes.AskAsync(question, (reply, _) => WholeTranscription.Read(reply, request), cancellationToken).ConfigureAwait(false);
        return answer.Outcome.Throws(request.OnIncompleteStream ?? setup.Options.OnIncompleteStream)
            ? throw new IncompleteStreamException(answer.Outcome, answer)
            : Transcription.Of(answer);
    }

    private ChatCall CallOf(TranscriptionRequest request)
    {
        request.Headers?.ThrowIfUnusable();
        JsonObject fields = TranscriptionForm.Fields(request, setup.Options.Model, setup.Options.UsageReporting);

        // Max tokens are for each piece, and the usage is a sum over them: nothing can be inferred from it.
        var asked = new RequestEvidence { EndsByPiece = true };
        return setup.NewCall(RequestJson.ToUtf8(fields), asked, ChatRequestBody.ModelOf(fields), new CallWishes(path, operation)
        {
            Form = TranscriptionForm.Write(fields, request.Audio),
            Headers = request.Headers,
            Termination = request.Termination,
            OnIncompleteStream = request.OnIncompleteStream,
        });
    }
}
