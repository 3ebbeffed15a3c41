using System.Globalization;
using OpenCvSharp;

namespace SmartCity.Bench;

/// <summary>A picture, the plate that is most prominent in it (empty: there is none), where that is known to lie and from which country it is (<c>other</c>: none that is told apart); null where that is not known.</summary>
internal sealed record KnownPicture(string File, string Plate, Rect? Box, string? Country);

/// <summary>Pictures with their plates from a folder's truth.tsv.</summary>
internal static class Truth
{
    private static readonly string[] BoxColumns = ["x", "y", "width", "height"];

    /// <summary>Whether a folder holds pictures whose plates are known: others have a truth.tsv of something else.</summary>
    public static bool IsOfPlates(string folder) => Path.Combine(folder, "truth.tsv") is var path && File.Exists(path) && File.ReadLines(path).First().Split('\t').Contains("plate");

    /// <exception cref="InvalidDataException">The file has no columns <c>file</c> and <c>plate</c>.</exception>
    public static List<KnownPicture> Read(string folder)
    {
        var path = Path.Combine(folder, "truth.tsv");
        var lines = File.ReadAllLines(path);
        var columns = lines[0].Split('\t');
        var (file, plate, country) = (Array.IndexOf(columns, "file"), Array.IndexOf(columns, "plate"), Array.IndexOf(columns, "country"));
        var box = BoxColumns.Select(c => Array.IndexOf(columns, c)).ToArray();
        return file < 0 || plate < 0
            ? throw new InvalidDataException($"{path}: its first line names no columns file and plate.")
            : [.. lines.Skip(1).Where(l => l.Length > 0).Select(l => l.Split('\t')).Select(c => new KnownPicture(Path.Combine(folder, c[file]), Letters(c[plate]), Box(c), country < 0 ? null : c[country]))];

        Rect? Box(string[] cells)
        {
            if (box.Any(b => b < 0 || cells[b].Length == 0))
            {
                return null;
            }

            var at = box.Select(b => (int)double.Parse(cells[b], CultureInfo.InvariantCulture)).ToArray();
            return new Rect(at[0], at[1], at[2], at[3]);
        }
    }

    /// <summary>As truth files mix them up: O is 0 and I is 1.</summary>
    public static string Fold(string plate) => plate.Replace('O', '0').Replace('I', '1');

    private static string Letters(string text) => string.Concat(text.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit));
}
