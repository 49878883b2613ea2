// <first>
open VllmAdapter

let conversation = task {
    let adapter = new VllmInferenceAdapter("http://localhost:8000", VllmAdapterOptions(Model = "Qwen/Qwen3-8B"))
    let request = ChatRequest.FromPrompt "What is a llama?"

    let! answer = adapter.CompleteChatAsync request
    printfn "%s" answer.Text
    printfn "%s" (answer.Outcome.Explain())

    let! next = adapter.CompleteChatAsync(request.With(answer).With(VllmMessage.User "Where does it live?"))
    printfn "%s" next.Text
}

conversation.Wait()
// </first>

// <stream>
let stream (adapter: VllmInferenceAdapter) = task {
    let request =
        ChatRequest(
            Messages = [| VllmMessage.System "Answer in one sentence."; VllmMessage.User "What is a llama?" |],
            MaxTokens = 200,
            Sampling = SamplingOptions(Temperature = 0.2))

    let answer = adapter.StreamChatAsync request
    use chunks = answer.GetAsyncEnumerator()
    let mutable isMore = true
    while isMore do
        let! isThere = chunks.MoveNextAsync()
        isMore <- isThere
        if isMore then printf "%s" chunks.Current.Text
    printfn " (%O)" answer.Outcome.Verdict
}
// </stream>

(stream (new VllmInferenceAdapter("http://localhost:8000", VllmAdapterOptions(Model = "Qwen/Qwen3-8B")))).Wait()
