using System.Globalization;
using SmartCity.Contracts;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>Pictures that were once read wrong, and what must be true of each, as a file beside them says.</summary>
public sealed class CasesTests(Recogniser recogniser)
{
    private const long MostPixels = 50_000_000;

    [Fact]
    public void What_was_once_read_wrong_is_read_as_it_must_be()
    {
        var folder = Path.GetFullPath(Path.Combine(PhotographTests.Root(), "..", "shared", "data", "cases"));
        Assert.SkipUnless(Directory.Exists(folder), $"There are no pictures in {folder}.");
        var faults = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(folder, "expected.tsv")).Skip(1).Select(l => l.Split('\t')))
        {
            using var picture = Pictures.Decode(File.ReadAllBytes(Path.Combine(folder, line[0])), MostPixels);
            var reads = recogniser.Models.Recognise(picture);
            if (!Holds(line[2], reads))
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{line[0]}: '{line[2]}', but it was {string.Join(", ", reads.Select(r => $"{r.BestGuess} {r.Confidence} {r.Country}"))}"));
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static bool Holds(string expected, IReadOnlyList<PlateRead> reads) => expected.Split(' ') switch
    {
        ["sure", var plate] => reads is [var first, ..] && IsSure(first) && Is(first, plate),
        ["unsure"] => !reads.Any(IsSure),
        ["sight", var plate] => reads.Any(r => Is(r, plate)),
        ["all", .. var plates] => plates.All(p => reads.Any(r => Is(r, p))),
        ["count", var count] => reads.Count >= int.Parse(count, CultureInfo.InvariantCulture),
        ["foreign", var plate] => reads.Where(IsSure).All(r => Is(r, plate) && r.Country is not (null or Recogniser.HomeCountry)),
        _ => throw new InvalidDataException($"'{expected}' is not known."),
    };

    private static bool IsSure(PlateRead read) => read.Confidence >= Sighting.LeastSure;

    private static bool Is(PlateRead read, string plate) => Folded(read.BestGuess) == Folded(plate);

    private static string Folded(string plate) => plate.Replace('O', '0').Replace('I', '1');
}
