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
