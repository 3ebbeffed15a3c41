namespace SmartCity.Bench.Faces;

/// <summary>A picture and whom it shows.</summary>
/// <param name="Person">Null where nobody is named, or several people are.</param>
/// <param name="Faces">How many faces it has; null where others may be in it, too.</param>
/// <param name="AtLeast">How many are known to be in it.</param>
/// <param name="Groups">What the labels say of the person, such as <c>sex=f</c>.</param>
internal sealed record KnownFace(string File, string? Person, int? Faces, int AtLeast, IReadOnlyList<string> Groups);

/// <summary>Pictures of known people, and the pairs that are compared.</summary>
/// <param name="Pairs">Those of a pairs file; null for every two pictures.</param>
internal sealed record FaceTruth(IReadOnlyList<KnownFace> Pictures, IReadOnlyList<(string A, string B)>? Pairs)
{
    /// <summary>
    /// Reads <c>truth.tsv</c> (columns file and person, and one for each group), a pairs file as LFW has it beside a folder for each person, or such
    /// folders alone. In a truth.tsv, <c>2 faces</c> says how many faces nobody named has, and <c>p01 p02</c> who is among those in the picture.
    /// </summary>
    /// <exception cref="InvalidDataException">It is none of these, or a line is wrong.</exception>
    public static FaceTruth Read(string folder)
    {
        var pairs = Path.Combine(folder, "pairs.txt");
        return File.Exists(Path.Combine(folder, "truth.tsv")) ? FromTable(folder)
            : File.Exists(pairs) ? FromPairs(folder, pairs)
            : Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Any() ? new FaceTruth([.. People(folder)], null)
            : throw new InvalidDataException($"{folder} has no truth.tsv, no pairs.txt and no folder for each person.");
    }

    private static FaceTruth FromTable(string folder)
    {
        var path = Path.Combine(folder, "truth.tsv");
        var lines = File.ReadAllLines(path);
        var columns = lines[0].Split('\t');
        var (file, person) = (Array.IndexOf(columns, "file"), Array.IndexOf(columns, "person"));
        if (file < 0 || person < 0)
        {
            throw new InvalidDataException($"{path}: its first line names no columns file and person.");
        }

        return new FaceTruth([.. lines.Skip(1).Select((l, i) => (Cells: l.Split('\t'), Line: i + 2)).Where(l => l.Cells[0].Length > 0).Select(l => Known(l.Cells, l.Line))], null);

        KnownFace Known(string[] cells, int line)
        {
            if (cells.Length < columns.Length)
            {
                throw new InvalidDataException($"{path}, line {line}: it has {cells.Length} columns; the first line names {columns.Length}.");
            }

            string[] groups = [.. columns.Index().Where(c => c.Index != file && c.Index != person && cells[c.Index].Length > 0).Select(c => $"{c.Item}={cells[c.Index]}")];
            var words = cells[person].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words is [var count, "faces" or "face"] && int.TryParse(count, out var faces) ? new KnownFace(Path.Combine(folder, cells[file]), null, faces, faces, groups)
                : words.Length == 1 ? new KnownFace(Path.Combine(folder, cells[file]), words[0], 1, 1, groups)
                : new KnownFace(Path.Combine(folder, cells[file]), null, null, words.Length, groups);
        }
    }

    // A set, then people with two numbers, or two people with a number each.
    private static FaceTruth FromPairs(string folder, string path)
    {
        var pairs = new List<(string, string)>();
        foreach (var (line, text) in File.ReadLines(path).Index().Skip(1))
        {
            var cells = text.Split('\t', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            pairs.Add(cells switch
            {
                [var person, var a, var b] => (Picture(person, a), Picture(person, b)),
                [var one, var a, var other, var b] => (Picture(one, a), Picture(other, b)),
                _ => throw new InvalidDataException($"{path}, line {line + 1}: it has {cells.Length} columns; a pair has three or four."),
            });
        }

        var wanted = pairs.SelectMany(p => new[] { p.Item1, p.Item2 }).ToHashSet(StringComparer.Ordinal);
        var missing = wanted.FirstOrDefault(f => !File.Exists(f));
        return missing is null
            ? new FaceTruth([.. wanted.Order(StringComparer.Ordinal).Select(f => new KnownFace(f, Path.GetFileName(Path.GetDirectoryName(f)!), null, 1, []))], pairs)
            : throw new InvalidDataException($"{path} names {missing}, which is not there.");

        string Picture(string person, string number) => Path.Combine(folder, person, $"{person}_{int.Parse(number, System.Globalization.CultureInfo.InvariantCulture):0000}.jpg");
    }

    private static IEnumerable<KnownFace> People(string folder) =>
        from person in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
        from file in Directory.EnumerateFiles(person).Where(f => Path.GetExtension(f).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG").Order(StringComparer.Ordinal)
        select new KnownFace(file, Path.GetFileName(person), null, 1, []);
}
