// <first>
using VllmAdapter;

var adapter = new VllmInferenceAdapter("http://localhost:8000", new() { Model = "Qwen/Qwen3-8B" });
var request = ChatRequest.FromPrompt("What is a llama?");

ChatAnswer answer = await adapter.CompleteChatAsync(request);
Console.WriteLine(answer.Text);
Console.WriteLine(answer.Outcome.Explain());        // how it ended, and why

ChatAnswer next = await adapter.CompleteChatAsync(request.With(answer).With(VllmMessage.User("Where does it live?")));
Console.WriteLine(next.Text);
// </first>
