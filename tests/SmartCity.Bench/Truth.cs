namespace SmartCity.Bench;

/// <summary>Pictures with their plates from a folder's truth.tsv.</summary>
internal static class Truth
{
    /// <exception cref="InvalidDataException">The file has no columns <c>file</c> and <c>plate</c>.</exception>
    public static List<(string File, string Plate)> Read(string folder)
    {
        var path = Path.Combine(folder, "truth.tsv");
        var lines = File.ReadAllLines(path);
        var columns = lines[0].Split('\t');
        var (file, plate) = (Array.IndexOf(columns, "file"), Array.IndexOf(columns, "plate"));
        return file < 0 || plate < 0
            ? throw new InvalidDataException($"{path}: its first line names no columns file and plate.")
            : [.. lines.Skip(1).Where(l => l.Length > 0).Select(l => l.Split('\t')).Select(c => (Path.Combine(folder, c[file]), Letters(c[plate])))];
    }

    /// <summary>As truth files mix them up: O is 0 and I is 1.</summary>
    public static string Fold(string plate) => plate.Replace('O', '0').Replace('I', '1');

    private static string Letters(string text) => string.Concat(text.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit));
}
