using VllmAdapter.Testing;

namespace WebChat;

/// <summary>Four answers, one after the other, of which only the first ends as one should hope.</summary>
internal static class ScriptedServer
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(150);

    public static Task<FakeVllm> StartAsync() => FakeVllm.StartAsync(
        Slowly("Llamas", " are", " calm", " pack", " animals", " of", " the", " Andes", ".").Finishes("stop").Uses(12, 9).Done(),
        Slowly("They", " hum", ",", " and", " nobody", " says", " whether", " that", " was", " all").Done(),
        Slowly("They", " spit", " when", " they").Resets(),
        Slowly("They").Fails());

    private static ScriptedReply Slowly(params string[] words) =>
        words.Aggregate(Script.Empty, (reply, word) => reply.Says(word).Pauses(Beat));
}
