using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Contracts;

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
    private const double PlateEnough = 0.5;
    private const double CalibratedFrom = 0.6;
    private const double NearlyCertain = 0.965;
    private const double NearlyCertainIs = 0.9;

    // Telephone and fleet numbers look like plates of digits alone, words like personal plates: a person looks at those before anyone is charged.
    private const double OneKindAlone = Sighting.LeastSure - 0.01;

    private readonly IPlateDetector _detector;
    private readonly IPlateReader _reader;
    private readonly IPlateReader? _second;
    private readonly CityCountry? _country;
    private readonly ConcurrentBag<Desk> _desks = [];
    private readonly RecognitionOptions _options;

    /// <exception cref="InvalidOperationException">There is no detector or reader of the configured id, or OpenCV does not load.</exception>
    public PlateRecogniser(IOptions<RecognitionOptions> options, ILogger<PlateRecogniser> logger)
    {
        OpenCvLibrary.Load();
        _options = options.Value;
        _detector = Detector(_options, logger);
        _reader = Reader(_options.Reader, _options, logger);
        _country = _options.Reader == CityReader.Id ? new CityCountry(_options, logger) : null;
        _second = _options.SecondReader is { } second && second != _options.Reader ? Reader(second, _options, logger) : null;
    }

    public string DetectorVersion => _detector.Version;

    public string ReaderVersion => _reader.Version;

    /// <summary>cpu, cuda or tensorrt.</summary>
    public string Device => _detector.Device;

    /// <summary>Text regions that may be plates, the most prominent first.</summary>
    public IReadOnlyList<PlateQuad> Detect(Mat image)
    {
        using var array = InputArray.Create(image);
        return _detector.Detect(new Source(image, array));
    }

    /// <summary>Plates in a BGR picture, the most prominent first.</summary>
    public IReadOnlyList<PlateRead> Recognise(Mat image) => Recognise(image, out _);

    /// <inheritdoc cref="Recognise(Mat)"/>
    public IReadOnlyList<PlateRead> Recognise(Mat image, out RecognitionTimes times)
    {
        var started = Stopwatch.GetTimestamp();
        using var array = InputArray.Create(image);
        var source = new Source(image, array);
        var quads = _detector.Detect(source);
        var detected = Stopwatch.GetElapsedTime(started);
        var reads = Read(source, quads);
        times = new RecognitionTimes(detected, Stopwatch.GetElapsedTime(started) - detected);
        return reads;
    }

    /// <summary>Reads regions of a picture; what is no plate is left out.</summary>
    public IReadOnlyList<PlateRead> Read(Mat image, IReadOnlyList<PlateQuad> quads)
    {
        using var array = InputArray.Create(image);
        return Read(new Source(image, array), quads);
    }

    /// <summary>One reading from several frames of the same plate: the grids of the commonest length, weighed by their confidence.</summary>
    public PlateRead Fuse(IReadOnlyList<PlateRead> reads)
    {
        var group = reads.Where(r => r.Grid.Count > 0)
            .GroupBy(r => r.Grid.Count)
            .MaxBy(g => g.Sum(r => r.Confidence + 0.01));
        var best = (group ?? reads.AsEnumerable()).MaxBy(r => r.Confidence) ?? throw new ArgumentException("There are no reads to fuse.", nameof(reads));
        if (group is null || group.Count() == 1)
        {
            return best;
        }

        var weights = group.Select(r => r.Confidence + 0.05).ToArray();
        var seen = group.Select(r =>
        {
            var rows = new float[group.Key * CharacterGrid.Columns];
            r.Grid.CopyTo(rows);
            return rows;
        }).ToArray();
        var fused = new float[group.Key * CharacterGrid.Columns];
        for (var place = 0; place < fused.Length; place += CharacterGrid.Columns)
        {
            // The mean of the logarithms: frames are different looks at the same characters. What each saw as no character is pooled as one more of them.
            var row = fused.AsSpan(place, CharacterGrid.Columns);
            for (var c = 0; c < row.Length; c++)
            {
                row[c] = Pooled(seen.Select(rows => rows[place + c]), weights);
            }

            var none = Pooled(seen.Select(rows => Math.Max(0, 1 - TensorPrimitives.Sum(rows.AsSpan(place, CharacterGrid.Columns)))), weights);
            TensorPrimitives.Divide(row, TensorPrimitives.Sum<float>(row) + none, row);
        }

        var decoder = new GrammarDecoder();
        var share = group.Zip(weights, (r, w) => w * r.Share).Sum() / weights.Sum();
        return decoder.Run(fused, best.Appearance, _options.HomeCountry) ? Compose(decoder, fused, best.Quad, best.Appearance, share) : best;
    }

    public void Dispose()
    {
        _detector.Dispose();
        _reader.Dispose();
        _second?.Dispose();
        _country?.Dispose();
    }

    private static float Pooled(IEnumerable<float> probabilities, double[] weights)
    {
        // Frames of one pass are alike: so many count as their square root.
        var mean = probabilities.Zip(weights, (p, w) => w * Math.Log(p + 1e-4)).Sum() / weights.Sum();
        return (float)Math.Exp(mean * Math.Sqrt(weights.Length));
    }

    private PlateRead[] Read(in Source image, IReadOnlyList<PlateQuad> quads)
    {
        if (quads.Count == 0)
        {
            return [];
        }

        if (!_desks.TryTake(out var desk))
        {
            desk = new Desk();
        }

        try
        {
            return Read(image, quads, desk);
        }
        finally
        {
            desk.Clear();
            _desks.Add(desk);
        }
    }

    private PlateRead[] Read(in Source image, IReadOnlyList<PlateQuad> quads, Desk desk)
    {
        for (var i = 0; i < Math.Min(quads.Count, _options.CandidatesRead); i++)
        {
            desk.Quads.Add(quads[i]);
        }

        var candidates = CollectionsMarshal.AsSpan(desk.Quads);
        for (var done = 0; done < candidates.Length && !desk.HasPlate; done += FirstBatch)
        {
            // The most prominent first; the rest only while none of them is a plate.
            ReadBatch(image, candidates.Slice(done, Math.Min(FirstBatch, candidates.Length - done)), desk);
        }

        LookAgain(image, desk);
        var found = CollectionsMarshal.AsSpan(desk.Found);
        found.Sort(static (a, b) => b.Value.CompareTo(a.Value));
        foreach (var (read, _) in found)
        {
            if (!OverlapsOne(desk.Kept, read.Quad.Box))
            {
                desk.Kept.Add(read);
            }
        }

        return [.. desk.Kept];
    }

    private static bool OverlapsOne(List<PlateRead> kept, Rect box)
    {
        foreach (var other in kept)
        {
            if (Overlap(other.Quad.Box, box) > 0.4)
            {
                return true;
            }
        }

        return false;
    }

    // A doubtful plate is cut out in other ways and read again, by the second reader too where there is one: what they agree on counts.
    private void LookAgain(in Source image, Desk desk)
    {
        if (desk.Best is not { } at || desk.Found[at] is not { Read: { Confidence: < SureAtOnce } first } best)
        {
            return;
        }

        var reads = new List<(PlateRead Read, double Value)> { best };
        ReadAgain(image, first, PlatePatch.Views(image.Picture, first.Quad), _reader, desk, reads);
        if (_second is not null)
        {
            ReadAgain(image, first, [first.Quad], _second, desk, reads);
        }

        var agreed = reads.GroupBy(r => r.Read.BestGuess, StringComparer.Ordinal).MaxBy(g => g.Sum(r => r.Value))!.MaxBy(r => r.Value);
        desk.Found[at] = (agreed.Read, Math.Max(agreed.Value, best.Value));
    }

    private void ReadAgain(in Source image, PlateRead first, ReadOnlySpan<PlateQuad> views, IPlateReader reader, Desk desk, List<(PlateRead, double)> reads)
    {
        reader.Read(image, views, desk.Seen);
        for (var i = 0; i < views.Length; i++)
        {
            if (Decode(image, first.Quad, first.Appearance, desk.Seen[i], desk) is { } read)
            {
                reads.Add(read);
            }
        }
    }

    private static IPlateDetector Detector(RecognitionOptions options, ILogger logger) => options.Detector switch
    {
        CityDetector.Id => new CityDetector(options, logger),
        PpOcrDetector.Id => new PpOcrDetector(options, logger),
        _ => throw new InvalidOperationException($"Recognition:Detector is '{options.Detector}'; it must be {CityDetector.Id} or {PpOcrDetector.Id}."),
    };

    private static IPlateReader Reader(string id, RecognitionOptions options, ILogger logger) => id switch
    {
        CityReader.Id => new CityReader(options, logger),
        PpOcrReader.Id => new PpOcrReader(options, logger),
        _ => throw new InvalidOperationException($"There is no reader '{id}'; it must be {CityReader.Id} or {PpOcrReader.Id}."),
    };

    private void ReadBatch(in Source image, ReadOnlySpan<PlateQuad> quads, Desk desk)
    {
        _reader.Read(image, quads, desk.Seen);
        for (var i = 0; i < quads.Length; i++)
        {
            if (desk.Seen[i].Count >= FewestCharacters && Decode(image, quads[i], Look(image, quads[i]), desk.Seen[i], desk) is { } read)
            {
                desk.Found.Add(read);
                desk.HasPlate |= desk.Chosen.Fits && read.Read.Confidence > PlateEnough;
            }
        }
    }

    private PlateAppearance Look(in Source image, PlateQuad quad) => _country?.Look(image, quad) ?? PlateAppearance.Of(image.Picture, quad);

    // The whole line; without its first or last character, which may be a country's letter, a bolt or the plate's edge; and without a weak
    // one inside, which may be a seal: each with the probability that what is left out is no character.
    private (PlateRead Read, double Value)? Decode(in Source image, PlateQuad quad, PlateAppearance appearance, SeenPlaces seen, Desk desk)
    {
        (desk.Worth, desk.Share) = (0, 1);
        var whole = 0.0;
        var (onEdge, mayBeWord) = (OnEdge(image.Picture, quad), quad.Score < _detector.PlateForCertain);
        Try(seen.Rows, 1);
        if (seen.Count > 6)
        {
            Try(seen.Rows[CharacterGrid.Columns..], Surplus(seen[0]));
            Try(seen.Rows[..^CharacterGrid.Columns], Surplus(seen[seen.Count - 1]));
            var weakest = Weakest(seen);
            desk.Without.CopyWithout(seen, weakest);
            Try(desk.Without.Rows, Surplus(seen[weakest]));
        }

        if (desk.Worth <= 0)
        {
            return null;
        }

        var read = Compose(desk.Chosen, desk.ChosenRows, quad, appearance, desk.Share);
        var box = quad.Box;
        var dx = (box.X + box.Width / 2.0) / image.Picture.Width - 0.5;
        return (read, desk.Worth * Math.Pow(box.Width * (double)box.Height, 0.4) * (1 - 0.6 * Math.Abs(dx)) * Math.Min(1, desk.Chosen.Length / 6.0));

        void Try(ReadOnlySpan<float> rows, double spurious)
        {
            if (!desk.Tried.Run(rows, appearance, _options.HomeCountry))
            {
                return;
            }

            var worth = Worth(desk.Tried) * spurious;
            whole = spurious == 1 ? worth : whole;
            if (worth > desk.Worth && IsPlate(desk.Tried, onEdge, mayBeWord))
            {
                // Without a character it is as sure as that was none: a line that is no plate as it stands doesn't become one for certain.
                desk.Choose(rows, worth, spurious == 1 ? 1 : worth / (worth + whole * (1 - spurious)));
            }
        }
    }

    private double Surplus(ReadOnlySpan<float> place) => Math.Max(_detector.Surplus, 1 - TensorPrimitives.Max(place));

    private static int Weakest(SeenPlaces seen)
    {
        var weakest = 1;
        for (var i = 2; i < seen.Count - 1; i++)
        {
            weakest = TensorPrimitives.Max<float>(seen[i]) < TensorPrimitives.Max<float>(seen[weakest]) ? i : weakest;
        }

        return weakest;
    }

    private PlateRead Compose(GrammarDecoder decoded, ReadOnlySpan<float> rows, PlateQuad quad, PlateAppearance appearance, double share)
    {
        var (text, confidence) = (decoded.Text(), Calibrated(decoded.Confidence * share));
        if (decoded.DigitCount == 0 || decoded.DigitCount == decoded.Length)
        {
            confidence = Math.Min(confidence, OneKindAlone);
        }

        return new PlateRead
        {
            Plate = confidence >= _options.AbstainBelow ? text : null,
            BestGuess = text,
            Country = decoded.Country,
            Format = decoded.Format,
            Confidence = Math.Round(confidence, 4),
            Characters = decoded.Characters(),
            Alternatives = decoded.Alternatives(),
            Quad = quad,
            Grid = new CharacterGrid(rows),
            Appearance = appearance,
            Share = share,
        };
    }

    // A long number without letters is a telephone's, a number at the picture's edge its date, and words have letters only.
    private static bool IsPlate(GrammarDecoder decoded, bool onEdge, bool mayBeWord)
    {
        var digits = decoded.DigitCount;
        return decoded.Length is >= FewestCharacters and <= MostCharacters && decoded.Confidence > Doubtful * 0.1
            && (digits > 0 || !mayBeWord) && (digits < decoded.Length || (decoded.Fits && decoded.Length <= MostDigits && !onEdge));
    }

    // What the grammars give as nearly certain is wrong more often than that on rendered pictures taken at night, in rain and out of focus.
    private static double Calibrated(double confidence) => confidence switch
    {
        <= CalibratedFrom => confidence,
        <= NearlyCertain => CalibratedFrom + (confidence - CalibratedFrom) * (NearlyCertainIs - CalibratedFrom) / (NearlyCertain - CalibratedFrom),
        _ => NearlyCertainIs + (confidence - NearlyCertain) * (1 - NearlyCertainIs) / (1 - NearlyCertain),
    };

    // Where cameras write date and time.
    private static bool OnEdge(Mat image, PlateQuad quad)
    {
        var middle = (quad.Box.Y + quad.Box.Height / 2.0) / image.Height;
        return middle is < EdgeShare or > 1 - EdgeShare;
    }

    private static double Worth(GrammarDecoder decoded) => (decoded.Confidence + 0.05) * (decoded.Fits ? 1 : WithoutGrammar);

    private static double Overlap(Rect a, Rect b)
    {
        var both = a & b;
        return both.Width * (double)both.Height / Math.Min(a.Width * (double)a.Height, b.Width * (double)b.Height);
    }

    /// <summary>The memory of one reading, used again for the next.</summary>
    private sealed class Desk
    {
        private readonly float[] _chosenRows = new float[CharacterGrid.Columns * GrammarDecoder.MostPlaces];
        private int _chosenLength;

        public List<PlateQuad> Quads { get; } = [];

        public List<(PlateRead Read, double Value)> Found { get; } = [];

        public List<PlateRead> Kept { get; } = [];

        public SeenPlaces[] Seen { get; } = [.. Enumerable.Range(0, Math.Max(FirstBatch, PlatePatch.MostViews)).Select(_ => new SeenPlaces())];

        public SeenPlaces Without { get; } = new();

        public GrammarDecoder Tried { get; private set; } = new();

        public GrammarDecoder Chosen { get; private set; } = new();

        public ReadOnlySpan<float> ChosenRows => _chosenRows.AsSpan(0, _chosenLength);

        /// <summary>What the chosen decoding is worth; 0 while there is none.</summary>
        public double Worth { get; set; }

        /// <summary>Whether one that was read is a plate for certain, so that no more need be read.</summary>
        public bool HasPlate { get; set; }

        /// <summary>Where the most valuable of <see cref="Found"/> is; null when there is none.</summary>
        public int? Best
        {
            get
            {
                int? best = null;
                for (var i = 0; i < Found.Count; i++)
                {
                    best = best is not { } b || Found[i].Value > Found[b].Value ? i : best;
                }

                return best;
            }
        }

        /// <summary>How probable the chosen decoding is beside the whole line; 1 where it is the whole line.</summary>
        public double Share { get; set; }

        public void Choose(ReadOnlySpan<float> rows, double worth, double share)
        {
            (Tried, Chosen, Worth, Share) = (Chosen, Tried, worth, share);
            rows.CopyTo(_chosenRows);
            _chosenLength = rows.Length;
        }

        public void Clear()
        {
            Quads.Clear();
            Found.Clear();
            Kept.Clear();
            HasPlate = false;
        }
    }
}
