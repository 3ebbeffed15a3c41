using System.Diagnostics;
using OpenCvSharp;
using SmartCity.Recognition;

namespace SmartCity.Bench;

/// <summary>Photographs whose plates are known, through one detector and reader on one thread.</summary>
internal static class Photographs
{
    /// <summary>From here on a reading counts as sure.</summary>
    public const double Confident = 0.9;

    // In truth files a country that is not told apart.
    private const string OtherCountry = "other";

    public static PhotographFigures Measure(string folder, Contender contender, List<Miss> misses)
    {
        using var recogniser = contender.Create();
        var pictures = Truth.Read(folder);
        int strict = 0, countries = 0, countryRight = 0, countryWrong = 0, folded = 0, found = 0, given = 0, givenRight = 0, confidentRight = 0, confidentWrong = 0;
        var (detect, read, total) = (new List<double>(), new List<double>(), new List<double>());
        foreach (var known in pictures)
        {
            using var picture = Cv2.ImRead(known.File);
            recogniser.Recognise(picture); // the first look at a size makes room for it
            var started = Stopwatch.GetTimestamp();
            var reads = recogniser.Recognise(picture, out var times);
            total.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            detect.Add(times.Detect.TotalMilliseconds);
            read.Add(times.Read.TotalMilliseconds);
            var best = reads.Count == 0 ? null : reads[0];
            // Without a plate it is right to give none, whatever was guessed.
            var text = best is null || (known.Plate.Length == 0 && best.Plate is null) ? "" : best.Plate ?? best.BestGuess;
            var right = Truth.Fold(text) == Truth.Fold(known.Plate);
            strict += text == known.Plate ? 1 : 0;
            folded += right ? 1 : 0;
            given += best?.Plate is not null ? 1 : 0;
            givenRight += best?.Plate is not null && right ? 1 : 0;
            confidentRight += best is { Plate: not null, Confidence: >= Confident } && right ? 1 : 0;
            confidentWrong += best is { Plate: not null, Confidence: >= Confident } && !right ? 1 : 0;
            if (known is { Country: { } country, Plate.Length: > 0 })
            {
                var said = best?.Country ?? OtherCountry;
                countries++;
                countryRight += said == country ? 1 : 0;
                countryWrong += said != country && said != OtherCountry ? 1 : 0;
            }

            found += known.Plate.Length > 0 && Found(recogniser.Detect(picture), known.Box) ? 1 : 0;
            if (!right)
            {
                misses.Add(new Miss(contender.Name, known, text, best?.Confidence ?? 0, best?.Quad));
            }
        }

        static double? Percent(int part, int whole) => whole == 0 ? null : 100.0 * part / whole;
        var (n, withPlate) = (pictures.Count, pictures.Count(p => p.Plate.Length > 0));
        return new PhotographFigures(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), contender.Name, n, Percent(strict, n), Percent(folded, n), Percent(found, withPlate),
            Percent(givenRight, given), Percent(n - given, n), Percent(confidentRight, n), Percent(confidentWrong, n), Percent(countryRight, countries), Percent(countryWrong, countries), Spread.Of(detect), Spread.Of(read), Spread.Of(total));
    }

    // Where it is known where the plate lies, a quad must have its middle there.
    private static bool Found(IReadOnlyList<PlateQuad> quads, Rect? box) =>
        box is not { } known ? quads.Count > 0 : quads.Any(q => known.Contains(new Point(q.Box.X + q.Box.Width / 2, q.Box.Y + q.Box.Height / 2)));
}

/// <summary>Milliseconds: the median and the 95th percentile.</summary>
internal sealed record Spread(double P50, double P95)
{
    public static Spread Of(List<double> values) => new(Percentile.Of(values, 0.5), Percentile.Of(values, 0.95));
}

/// <summary>One contender on one folder; rates in percent, null where there is nothing to go by.</summary>
/// <param name="Strict">Pictures whose whole plate was read; of those without a plate, the ones for which none was given.</param>
/// <param name="Folded">The same with O for 0 and I for 1.</param>
/// <param name="Found">Pictures with a plate whose place was among the detector's.</param>
/// <param name="Precision">Of the plates given, those that were right.</param>
/// <param name="Abstained">Pictures for which no plate was given.</param>
/// <param name="ConfidentRight">Pictures whose plate was given with a confidence of 0.9 or more, and right.</param>
/// <param name="ConfidentWrong">Pictures for which a wrong plate was given with a confidence of 0.9 or more.</param>
/// <param name="CountryRight">Of the pictures whose plate's country is known, those for which it was given, or none where it is one that is not told apart.</param>
/// <param name="CountryWrong">Of those, the ones for which another was given.</param>
internal sealed record PhotographFigures(
    string Folder, string Contender, int Pictures, double? Strict, double? Folded, double? Found, double? Precision, double? Abstained, double? ConfidentRight, double? ConfidentWrong, double? CountryRight, double? CountryWrong, Spread Detect, Spread Read, Spread Total);

/// <summary>A picture whose plate was read wrong or not at all.</summary>
internal sealed record Miss(string Contender, KnownPicture Picture, string Read, double Confidence, PlateQuad? Quad);
