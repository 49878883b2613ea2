namespace VllmAdapter;

/// <summary>What is needed while one event is parsed, and between two events by nobody: lent to a stream for the time of one.</summary>
/// <remarks>Nothing in it outlives the event, so that one a thread is enough for any number of streams.</remarks>
internal sealed class EventReading
{
    // An event is parsed without waiting, and so on one thread.
    [ThreadStatic]
    private static EventReading? _kept;

    private EventReading() => Choice = new ChoiceReading(Values, Shape);

    /// <summary>Counts what is odd in the event.</summary>
    public LenientValues Values { get; } = new();

    /// <summary>Where in the event stands what may differ in the next one.</summary>
    public ChunkShape Shape { get; } = new();

    /// <summary>The choice that is being read.</summary>
    public ChoiceReading Choice { get; }

    /// <summary>Lends one for an event, empty. One that is not given back with <see cref="Return"/> is made anew, and nothing else.</summary>
    public static EventReading Lend()
    {
        EventReading reading = _kept ?? new EventReading();
        _kept = null;
        return reading;
    }

    /// <summary>Takes it back, and keeps nothing of the event.</summary>
    public void Return()
    {
        Values.Begin();
        Shape.Begin();
        Choice.Begin();
        _kept = this;
    }
}
