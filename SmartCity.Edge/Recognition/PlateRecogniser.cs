using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenCvSharp;

namespace SmartCity.Edge.Recognition;

/// <summary>How long the steps of one recognition took.</summary>
public readonly record struct RecognitionTimes(TimeSpan Detect, TimeSpan Read);

/// <summary>Picture → plates: detect, rectify, read in one batch, decode by the grammars, throw out what is no plate. Thread-safe.</summary>
public sealed class PlateRecogniser : IDisposable
{
    private const int FewestCharacters = 4;
    private const int MostCharacters = 10;
    private const int FirstBatch = 3;
    private const int MostDigits = 7;
    private const double EdgeShare = 0.08;
    private const double Doubtful = 0.15;
    private const double SureAtOnce = 0.8;
    private const double WithoutGrammar = 0.6;

    private readonly IPlateDetector _detector;
    private readonly IPlateReader _reader;
    private readonly IPlateReader? _second;
    private readonly RecognitionOptions _options;

    /// <exception cref="InvalidOperationException">There is no detector or reader of the configured id, or OpenCV does not load.</exception>
    public PlateRecogniser(IOptions<RecognitionOptions> options, ILogger<PlateRecogniser> logger)
    {
        OpenCvLibrary.Load();
        _options = options.Value;
        _detector = Detector(_options, logger);
        _reader = Reader(_options.Reader, _options, logger);
        _second = _options.SecondReader is { } second && second != _options.Reader ? Reader(second, _options, logger) : null;
    }

    public string DetectorVersion => _detector.Version;

    public string ReaderVersion => _reader.Version;

    /// <summary>cpu, cuda or tensorrt.</summary>
    public string Device => _detector.Device;

    /// <summary>Text regions that may be plates, the most prominent first.</summary>
    public IReadOnlyList<PlateQuad> Detect(Mat image) => _detector.Detect(image);

    /// <summary>Plates in a BGR picture, the most prominent first.</summary>
    public IReadOnlyList<PlateRead> Recognise(Mat image) => Recognise(image, out _);

    /// <inheritdoc cref="Recognise(Mat)"/>
    public IReadOnlyList<PlateRead> Recognise(Mat image, out RecognitionTimes times)
    {
        var started = Stopwatch.GetTimestamp();
        var quads = _detector.Detect(image);
        var detected = Stopwatch.GetElapsedTime(started);
        var reads = Read(image, quads);
        times = new RecognitionTimes(detected, Stopwatch.GetElapsedTime(started) - detected);
        return reads;
    }

    /// <summary>Reads regions of a picture; what is no plate is left out.</summary>
    public IReadOnlyList<PlateRead> Read(Mat image, IReadOnlyList<PlateQuad> quads)
    {
        if (quads.Count == 0)
        {
            return [];
        }

        var candidates = quads.Take(_options.CandidatesRead).ToList();
        var found = new List<(PlateRead Read, double Value)>();
        for (var done = 0; done < candidates.Count; done += FirstBatch)
        {
            // The most prominent first; the rest only while none of them is a plate.
            ReadBatch(image, candidates.GetRange(done, Math.Min(FirstBatch, candidates.Count - done)), found);
            if (found.Any(f => f.Read.Format is not null && f.Read.Confidence > 0.5))
            {
                break;
            }
        }

        LookAgain(image, found);
        var kept = new List<PlateRead>();
        foreach (var (read, _) in found.OrderByDescending(f => f.Value))
        {
            if (!kept.Any(k => Overlap(k.Quad.Box, read.Quad.Box) > 0.4))
            {
                kept.Add(read);
            }
        }

        return kept;
    }

    /// <summary>One reading from several frames of the same plate: the grids of the commonest length, weighed by their confidence.</summary>
    public PlateRead Fuse(IReadOnlyList<PlateRead> reads)
    {
        var group = reads.Where(r => r.Grid.Places.Count > 0)
            .GroupBy(r => r.Grid.Places.Count)
            .MaxBy(g => g.Sum(r => r.Confidence + 0.01));
        var best = (group ?? reads.AsEnumerable()).MaxBy(r => r.Confidence) ?? throw new ArgumentException("There is nothing to fuse.", nameof(reads));
        if (group is null || group.Count() == 1)
        {
            return best;
        }

        var weights = group.Select(r => r.Confidence + 0.05).ToArray();
        var places = Enumerable.Range(0, group.Key).Select(place =>
        {
            // The mean of the logarithms: frames are different looks at the same characters.
            var fused = new float[CtcFolding.Alphabet.Length];
            var sum = 0.0;
            for (var c = 0; c < fused.Length; c++)
            {
                var log = group.Zip(weights, (r, w) => w * Math.Log(r.Grid.Places[place][c] + 1e-4)).Sum() / weights.Average();
                fused[c] = (float)Math.Exp(log / Math.Sqrt(weights.Length));
                sum += fused[c];
            }

            for (var c = 0; c < fused.Length; c++)
            {
                fused[c] = (float)(fused[c] / sum);
            }

            return fused;
        }).ToArray();
        var grid = new CharacterGrid(CtcFolding.Alphabet, places);
        var decoded = GrammarDecoder.Decode(grid, best.Appearance, _options.HomeCountry)!;
        return Compose(decoded, grid, best.Quad, best.Appearance);
    }

    public void Dispose()
    {
        _detector.Dispose();
        _reader.Dispose();
        _second?.Dispose();
    }

    // A doubtful plate is cut out in other ways and read again, by the second reader too where there is one: what they agree on counts.
    private void LookAgain(Mat image, List<(PlateRead Read, double Value)> found)
    {
        if (found.Count == 0 || found.MaxBy(f => f.Value) is not { Read: { Confidence: < SureAtOnce } first } best)
        {
            return;
        }

        var grids = _reader.Read(image, PlatePatch.Views(image, first.Quad)).Concat(_second?.Read(image, [first.Quad]) ?? []);
        var reads = grids.Select(grid => Decode(image, first.Quad, grid)).OfType<(PlateRead Read, double Value)>().Append(best).ToList();
        var agreed = reads.GroupBy(r => r.Read.BestGuess, StringComparer.Ordinal).MaxBy(g => g.Sum(r => r.Value))!.MaxBy(r => r.Value);
        found.Remove(best);
        found.Add((agreed.Read, Math.Max(agreed.Value, best.Value)));
    }

    private static IPlateDetector Detector(RecognitionOptions options, ILogger logger) => options.Detector switch
    {
        CityDetector.Id => new CityDetector(options, logger),
        PpOcrDetector.Id => new PpOcrDetector(options, logger),
        _ => throw new InvalidOperationException($"There is no detector '{options.Detector}'; there are {CityDetector.Id} and {PpOcrDetector.Id}."),
    };

    private static IPlateReader Reader(string id, RecognitionOptions options, ILogger logger) => id switch
    {
        CityReader.Id => new CityReader(options, logger),
        PpOcrReader.Id => new PpOcrReader(options, logger),
        _ => throw new InvalidOperationException($"There is no reader '{id}'; there are {CityReader.Id} and {PpOcrReader.Id}."),
    };

    private void ReadBatch(Mat image, List<PlateQuad> quads, List<(PlateRead, double)> found)
    {
        var grids = _reader.Read(image, quads);
        for (var i = 0; i < quads.Count; i++)
        {
            if (grids[i].Places.Count >= FewestCharacters && Decode(image, quads[i], grids[i]) is { } read)
            {
                found.Add(read);
            }
        }
    }

    private (PlateRead Read, double Value)? Decode(Mat image, PlateQuad quad, CharacterGrid grid)
    {
        var appearance = PlateAppearance.Of(image, quad);
        (Decoded Decoded, CharacterGrid Grid, double Worth)? best = null;
        foreach (var (trimmed, spurious) in Trimmed(grid))
        {
            if (GrammarDecoder.Decode(trimmed, appearance, _options.HomeCountry) is { } decoded && IsPlate(decoded, OnEdge(image, quad)) && Worth(decoded) * spurious is var worth && (best is null || worth > best.Value.Worth))
            {
                best = (decoded, trimmed, worth);
            }
        }

        if (best is not { } chosen)
        {
            return null;
        }

        var read = Compose(chosen.Decoded, chosen.Grid, quad, appearance);
        var box = quad.Box;
        var dx = (box.X + box.Width / 2.0) / image.Width - 0.5;
        return (read, chosen.Worth * Math.Pow(box.Width * (double)box.Height, 0.4) * (1 - 0.6 * Math.Abs(dx)) * Math.Min(1, chosen.Decoded.Plate.Length / 6.0));
    }

    // The whole line; without its first or last character, which may be a country's letter, a bolt or the plate's edge; and without a weak
    // one inside, which may be a seal. Each with the probability that what is left out is no character.
    private IEnumerable<(CharacterGrid Grid, double Spurious)> Trimmed(CharacterGrid grid)
    {
        yield return (grid, 1);
        if (grid.Places.Count > 6)
        {
            yield return (new CharacterGrid(grid.Alphabet, [.. grid.Places.Skip(1)]), Spurious(grid.Places[0]));
            yield return (new CharacterGrid(grid.Alphabet, [.. grid.Places.SkipLast(1)]), Spurious(grid.Places[^1]));
            var weakest = Enumerable.Range(1, grid.Places.Count - 2).MinBy(i => grid.Places[i].Max());
            yield return (new CharacterGrid(grid.Alphabet, [.. grid.Places.Where((_, i) => i != weakest)]), Spurious(grid.Places[weakest]));
        }

        double Spurious(float[] place) => Math.Max(_detector.Surplus, 1 - place.Max());
    }

    private PlateRead Compose(Decoded decoded, CharacterGrid grid, PlateQuad quad, PlateAppearance appearance)
    {
        var sure = decoded.Confidence >= _options.AbstainBelow;
        return new PlateRead
        {
            Plate = sure ? decoded.Plate : null,
            BestGuess = decoded.Plate,
            Country = decoded.Country,
            Format = decoded.Format,
            Confidence = Math.Round(decoded.Confidence, 4),
            Characters = decoded.Characters,
            Alternatives = decoded.Alternatives,
            Quad = quad,
            Grid = grid,
            Appearance = appearance,
        };
    }

    // A plate has a digit; a long number without letters is a telephone's, a number at the picture's edge its date, and words have letters only.
    private static bool IsPlate(Decoded decoded, bool onEdge)
    {
        var digits = decoded.Plate.Count(char.IsAsciiDigit);
        return decoded.Plate.Length is >= FewestCharacters and <= MostCharacters && decoded.Confidence > Doubtful * 0.1
            && digits > 0 && (digits < decoded.Plate.Length || (decoded.Format is not null && decoded.Plate.Length <= MostDigits && !onEdge));
    }

    // Where cameras write date and time.
    private static bool OnEdge(Mat image, PlateQuad quad)
    {
        var middle = (quad.Box.Y + quad.Box.Height / 2.0) / image.Height;
        return middle is < EdgeShare or > 1 - EdgeShare;
    }

    private static double Worth(Decoded decoded) => (decoded.Confidence + 0.05) * (decoded.Format is null ? WithoutGrammar : 1);

    private static double Overlap(Rect a, Rect b)
    {
        var both = a & b;
        return both.Width * (double)both.Height / Math.Min(a.Width * (double)a.Height, b.Width * (double)b.Height);
    }
}
