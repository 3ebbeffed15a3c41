namespace SmartCity.Core.Alerts;

/// <summary>Plates that a reading may really be: what its vote also considered, and what differs from it in one or two characters that look alike.</summary>
public static class NearPlates
{
    private const int MostDifferences = 2;
    private const int MostSameInPrint = 256;

    private static readonly string[] LookAlikes = ["O0QD", "I1LT", "B8", "S5", "Z27", "G6C", "A4", "VY", "MN", "UV", "EF", "PR", "KX", "3B"];

    private static readonly string[] Of = [.. Enumerable.Range(0, 128).Select(c => string.Concat(LookAlikes.Where(g => g.Contains((char)c, StringComparison.Ordinal)).SelectMany(g => g).Distinct().Where(o => o != c)))];

    // Groups that share a character are one: what looks like B may look like 8, and so like 3.
    private static readonly char[] Fold = [.. Enumerable.Range(0, 128).Select(c => First((char)c))];

    /// <summary>Plates near to one (A–Z, 0–9), without itself.</summary>
    public static IEnumerable<string> LookingLike(string plate)
    {
        var characters = plate.ToCharArray();
        return Change(characters, 0, MostDifferences);
    }

    /// <summary>Plates (A–Z, 0–9) that look the same on a plate: many countries' fonts have one shape for O and 0, and one for I and 1. Without the plate itself.</summary>
    public static IEnumerable<string> SameInPrint(string plate)
    {
        var plates = new List<string> { "" };
        foreach (var c in plate)
        {
            var others = plates.Count < MostSameInPrint ? c switch { 'O' => "O0", '0' => "0O", 'I' => "I1", '1' => "1I", _ => null } : null;
            plates = [.. (others ?? c.ToString()).SelectMany(o => plates.Select(p => p + o))];
        }

        return plates.Where(p => p != plate);
    }

    /// <summary>Whether two plates differ only in characters that look alike, in so many at most.</summary>
    public static bool AreLookAlike(string plate, string other, int most) =>
        plate.Length == other.Length && plate != other && plate.Zip(other).All(p => p.First == p.Second || Of[p.First].Contains(p.Second)) && plate.Zip(other).Count(p => p.First != p.Second) <= most;

    /// <summary>The same for all plates that look alike, whatever the number of characters.</summary>
    public static string Folded(string plate) => string.Create(plate.Length, plate, static (folded, p) =>
    {
        for (var i = 0; i < folded.Length; i++)
        {
            folded[i] = Fold[p[i]];
        }
    });

    /// <summary>What differs, for people: <c>8 for B</c>.</summary>
    public static string Difference(string read, string entry) => read.Length != entry.Length
        ? $"{entry.Length} characters instead of {read.Length}"
        : string.Join(", ", read.Zip(entry).Where(p => p.First != p.Second).Select(p => $"{p.Second} for {p.First}"));

    private static char First(char c)
    {
        var alike = new SortedSet<char> { c };
        for (var before = 0; before != alike.Count;)
        {
            before = alike.Count;
            alike.UnionWith(LookAlikes.Where(g => g.Any(alike.Contains)).SelectMany(g => g));
        }

        return alike.Min;
    }

    private static IEnumerable<string> Change(char[] characters, int from, int left)
    {
        for (var i = from; i < characters.Length; i++)
        {
            var original = characters[i];
            foreach (var other in Of[original])
            {
                characters[i] = other;
                yield return new string(characters);
                if (left > 1)
                {
                    foreach (var further in Change(characters, i + 1, left - 1))
                    {
                        yield return further;
                    }
                }
            }

            characters[i] = original;
        }
    }
}
