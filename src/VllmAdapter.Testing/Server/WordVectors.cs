namespace VllmAdapter.Testing;

/// <summary>Vectors of texts: the same text always has the same one, and texts that share words, or parts of words, lie close to each other.</summary>
/// <remarks>Every word, and every three letters of it, adds steps in directions of its own; words that are in every text weigh little.</remarks>
internal static class WordVectors
{
    private const int LettersOfPart = 3;
    private const int DirectionsOfStep = 8;
    private const float WeightOfParts = 0.5f;
    private const float WeightOfCommonWord = 0.1f;

    private static readonly HashSet<string> Common = new(StringComparer.Ordinal)
    {
        "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has", "have", "how", "in", "is", "it", "many", "of", "on", "or",
        "that", "the", "their", "they", "this", "to", "was", "were", "what", "when", "where", "which", "who", "why", "with",
    };

    /// <summary>A vector of length 1.</summary>
    public static float[] Of(string text, int size)
    {
        float[] vector = new float[size];
        bool isEmpty = true;
        foreach (string word in WordsOf(text))
        {
            isEmpty = false;
            float weight = Common.Contains(word) ? WeightOfCommonWord : 1;
            string stem = word.Length > LettersOfPart ? word.TrimEnd('s') : word;
            Add(vector, stem, weight);
            for (int at = 0; at + LettersOfPart <= stem.Length; at++)
                Add(vector, stem.Substring(at, LettersOfPart), weight * WeightOfParts);
        }

        if (isEmpty)
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
