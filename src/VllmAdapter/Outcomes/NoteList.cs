namespace VllmAdapter;

/// <summary>Where notes go, each with the words in front that say whom it is about.</summary>
/// <param name="notes">The notes of the outcome.</param>
/// <param name="who">What stands in front of each; nothing if they are about the whole.</param>
internal readonly struct NoteList(List<OutcomeNote> notes, string who = "")
{
    /// <summary>The same notes, of one choice.</summary>
    public NoteList Of(string choice) => new(notes, choice);

    public void Add(OutcomeNoteKind kind, string text) => notes.Add(new OutcomeNote(kind, who + text));
}
