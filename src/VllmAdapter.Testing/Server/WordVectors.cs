namespace VllmAdapter.Testing;

/// <summary>Vectors of texts: the same text always has the same one, and texts that share words, or parts of words, lie close to each other.</summary>
/// <remarks>Every word, and every three letters of it, adds a step in a direction of its own; short words weigh little.</remarks>
internal static class WordVectors
{
    private const int LettersOfPart = 3;
    private const int DirectionsOfStep = 8;

    /// <summary>A vector of length 1.</summary>
    public static float[] Of(string text, int size)
    {
        float[] vector = new float[size];
        foreach (string word in WordsOf(text))
        {
            float weight = word.Length <= LettersOfPart ? 0.3f : 1;
            Add(vector, word, weight);
            string framed = $"^{word}$";
            for (int at = 0; at + LettersOfPart <= framed.Length; at++)
                Add(vector, framed.Substring(at, LettersOfPart), weight / framed.Length * 2);
        }

        if (!WordsOf(text).Any())
            Add(vector, "", 1);
        return Scaled(vector, 1);
    }

    /// <summary>The same direction, of another length.</summary>
    public static float[] Scaled(float[] vector, float length)
    {
        float norm = MathF.Sqrt(vector.Sum(number => number * number));
        return norm == 0 ? vector : Array.ConvertAll(vector, number => number / norm * length);
    }

    public static double Cosine(float[] one, float[] other) => one.Zip(other, (a, b) => (double)a * b).Sum();

    public static IEnumerable<string> WordsOf(string text) => text.ToLowerInvariant()
        .Split([' ', '\n', '\t', '.', ',', ';', ':', '!', '?', '"', '\'', '(', ')', '-'], StringSplitOptions.RemoveEmptyEntries);

    private static void Add(float[] vector, string feature, float weight)
    {
        uint state = Hash(feature);
        for (int step = 0; step < DirectionsOfStep; step++)
        {
            // xorshift
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            vector[state % (uint)vector.Length] += (state & 1 << 20) == 0 ? weight : -weight;
        }
    }

    // FNV-1a; never 0, which xorshift stays at.
    private static uint Hash(string text)
    {
        uint hash = 2166136261;
        foreach (char letter in text)
            hash = (hash ^ letter) * 16777619;

        return hash | 1;
    }
}
