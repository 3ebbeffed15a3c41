using SmartCity.Edge.Cameras;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>A sample of real photographs. The whole sets are measured by the benchmark.</summary>
public sealed class PhotographTests(PhotographTests.Anywhere recogniser) : IClassFixture<PhotographTests.Anywhere>
{
    private const int Sample = 16;

    [Theory]
    [InlineData("plates-eu", ".jpg", 14)]
    [InlineData("plates-seed", ".png", 12)]
    [InlineData("plates-us", ".jpg", 10)]
    public void Most_plates_of_real_photographs_are_read_right(string set, string kind, int atLeast)
    {
        var folder = Path.GetFullPath(Path.Combine(Root(), "..", "shared", "data", set));
        Assert.SkipUnless(Directory.Exists(folder), $"There are no photographs in {folder}.");
        var truth = File.ReadAllLines(Path.Combine(folder, "truth.tsv"));
        var column = Array.IndexOf(truth[0].Split('\t'), "plate");
        var known = truth.Skip(1).Select(l => l.Split('\t')).Where(l => l[0].EndsWith(kind, StringComparison.Ordinal)).OrderBy(l => l[0], StringComparer.Ordinal).ToList();

        // Evenly over the set.
        var sample = known.Where((_, i) => i * Sample / known.Count != (i - 1) * Sample / known.Count || i == 0).Take(Sample).ToList();
        var wrong = sample.Select(l => (File: l[0], Truth: Folded(l[column]), Read: Read(Path.Combine(folder, l[0])))).Where(r => r.Truth != r.Read).ToList();

        Assert.Equal(Sample, sample.Count);
        Assert.True(Sample - wrong.Count >= atLeast, $"{Sample - wrong.Count} of {Sample} are right; wrong: {string.Join(", ", wrong)}.");
    }

    /// <summary>A recogniser of no home country: the photographs are from many.</summary>
    public sealed class Anywhere : IDisposable
    {
        public PlateRecogniser Models { get; } = new();

        public void Dispose() => Models.Dispose();
    }

    private string? Read(string file)
    {
        using var picture = Pictures.Decode(File.ReadAllBytes(file), 50_000_000);
        return recogniser.Models.Recognise(picture) is [var first, ..] ? Folded(first.Plate ?? first.BestGuess) : null;
    }

    // The truth itself mixes O with 0 and I with 1.
    private static string Folded(string plate) => new([.. plate.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit).Select(c => c == 'O' ? '0' : c == 'I' ? '1' : c)]);

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("SmartCity.sln lies above the tests.");
    }
}
