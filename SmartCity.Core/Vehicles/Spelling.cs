namespace SmartCity.Core.Vehicles;

/// <summary>Which words of a list somebody may have meant. Pure.</summary>
internal static class Spelling
{
    private const int LettersForEachSlip = 4;

    /// <summary>Words as somebody may have meant them, the nearest first: written otherwise (LANDROVER for LAND ROVER), begun, or with a slip in every four letters.</summary>
    public static IReadOnlyList<string> Nearest(string typed, IEnumerable<string> words, int most)
    {
        var meant = Letters(typed);
        if (meant.Length == 0)
        {
            return [];
        }

        var slips = Math.Max(1, meant.Length / LettersForEachSlip);
        return [.. words.Select(w => (Word: w, Distance: Distance(meant, Letters(w)))).Where(w => w.Distance <= slips).OrderBy(w => w.Distance).ThenBy(w => w.Word, StringComparer.OrdinalIgnoreCase).Select(w => w.Word).Take(most)];
    }

    // What begins with it is as near as what has a slip.
    private static int Distance(string meant, string word) => word == meant ? 0 : meant.Length > 1 && word.StartsWith(meant, StringComparison.Ordinal) ? 1 : Edits(meant, word);

    private static string Letters(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    // Levenshtein's distance: letters that are put in, left out or exchanged for others.
    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var (corner, above) = (row[0], 0);
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1));
                corner = above;
            }
        }

        return row[b.Length];
    }
}
