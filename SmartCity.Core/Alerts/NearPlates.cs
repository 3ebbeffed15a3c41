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
    public static IReadOnlyList<string> LookingLike(string plate) => LookingLike(plate, static _ => true);

    /// <summary>Those of them that are wanted: there are about a hundred, and each is asked of before it is made a text.</summary>
    public static IReadOnlyList<string> LookingLike(string plate, Func<ReadOnlySpan<char>, bool> isWanted)
    {
        var near = new List<string>();
        Change(plate.ToCharArray(), 0, MostDifferences, isWanted, near);
        return near;
    }

    /// <summary>Plates (A–Z, 0–9) that look the same on a plate: many countries' fonts have one shape for O and 0, and one for I and 1. Without the plate itself.</summary>
    public static IEnumerable<string> SameInPrint(string plate)
    {
        var plates = new List<string> { plate };
        for (var i = 0; i < plate.Length; i++)
        {
            var other = plate[i] switch { 'O' => '0', '0' => 'O', 'I' => '1', '1' => 'I', _ => '\0' };
            if (other != '\0' && plates.Count < MostSameInPrint)
            {
                plates.AddRange([.. plates.Select(p => string.Concat(p.AsSpan(0, i), [other], p.AsSpan(i + 1)))]);
            }
        }

        return plates.Skip(1);
    }

    /// <summary>Whether two plates differ only in characters that look alike, in so many at most.</summary>
    public static bool AreLookAlike(string plate, string other, int most) =>
        plate.Length == other.Length && plate != other && plate.Zip(other).All(p => p.First == p.Second || Of[p.First].Contains(p.Second)) && plate.Zip(other).Count(p => p.First != p.Second) <= most;

    /// <summary>The same for all plates that look alike, whatever the number of characters.</summary>
    public static void Folded(ReadOnlySpan<char> plate, Span<char> folded)
    {
        for (var i = 0; i < plate.Length; i++)
        {
            folded[i] = Fold[plate[i]];
        }
    }

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

    private static void Change(char[] characters, int from, int left, Func<ReadOnlySpan<char>, bool> isWanted, List<string> near)
    {
        for (var i = from; i < characters.Length; i++)
        {
            var original = characters[i];
            foreach (var other in Of[original])
            {
                characters[i] = other;
                if (isWanted(characters))
                {
                    near.Add(new string(characters));
                }

                if (left > 1)
                {
                    Change(characters, i + 1, left - 1, isWanted, near);
                }
            }

            characters[i] = original;
        }
    }
}
