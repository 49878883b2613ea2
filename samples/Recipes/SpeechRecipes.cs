using VllmAdapter;
using VllmAdapter.Testing;

/// <summary>Speech that is written down.</summary>
internal static class SpeechRecipes
{
    public static async Task RunAsync()
    {
        string file = Path.Combine(Path.GetTempPath(), "call.wav");
        await File.WriteAllTextAsync(file, "RIFF, or what a real call would sound like");
        FakeVllmOptions whisper = new() { Kinds = ModelKinds.Transcribes };
        ScriptedReply call = Script.Says(" Hello there.").Finishes("stop").Says(" This is Ada.").Finishes("stop").Done();
        Recipe.Title("Speech to text");
        await Transcription(FakeVllm.InMemory(whisper, call).CreateAdapter(), file);
        Recipe.Title("With times");
        await Subtitles(FakeVllm.InMemory(whisper, call).CreateAdapter(), file);
        Recipe.Title("Speech as a stream");
        await Live(FakeVllm.InMemory(whisper, call).CreateAdapter(), file);
    }

    private static async Task Transcription(VllmInferenceAdapter adapter, string path)
    {
        // <transcription>
        AudioFile call = await AudioFile.FromFileAsync(path);
        Transcription text = await adapter.TranscribeAsync(new TranscriptionRequest { Audio = call, Language = "en" });
        Console.WriteLine($"{text}: {text.Outcome.Explain()}");
        // </transcription>
    }

    private static async Task Subtitles(VllmInferenceAdapter adapter, string path)
    {
        // <segments>
        var request = new TranscriptionRequest { Audio = await AudioFile.FromFileAsync(path), Segments = true };
        foreach (TranscriptionSegment segment in (await adapter.TranscribeAsync(request)).Segments)
            Console.WriteLine($"{segment.Start:mm\\:ss} to {segment.End:mm\\:ss}:{segment.Text}");
        // </segments>
    }

    private static async Task Live(VllmInferenceAdapter adapter, string path)
    {
        // <live>
        await foreach (TranscriptionChunk chunk in adapter.StreamTranslationAsync(await AudioFile.FromFileAsync(path)))
            Console.Write(chunk.Text);
        // </live>
        Console.WriteLine();
    }
}
