using System.Numerics.Tensors;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>
/// What was seen in one quad → the most plate-like reading: the whole line; without its first or last character, which may be a country's
/// letter, a bolt or the plate's edge; and without a weak one inside, which may be a seal: each with the probability that what is left out is
/// no character. Keeps its memory for the next line; not thread-safe.
/// </summary>
internal sealed class LineDecoder(IPlateDetector detector, string? homeCountry)
{
    private const int LeftOutFrom = 7;

    private readonly float[] _rows = new float[CharacterGrid.Columns * GrammarDecoder.MostPlaces];
    private readonly SeenPlaces _without = new();
    private GrammarDecoder _tried = new();
    private double _whole;
    private int _length;

    /// <summary>The best reading.</summary>
    public GrammarDecoder Decoded { get; private set; } = new();

    /// <summary>What it was made of: the places that were not left out.</summary>
    public ReadOnlySpan<float> Rows => _rows.AsSpan(0, _length);

    /// <summary>What it is worth; 0 while there is none.</summary>
    public double Worth { get; private set; }

    /// <summary>How probable it is beside the whole line; 1 where it is the whole line.</summary>
    public double Share { get; private set; }

    /// <summary>False where the line is no plate.</summary>
    /// <param name="seen">What the reader saw.</param>
    /// <param name="quad">Where.</param>
    /// <param name="picture">The picture's size in pixels.</param>
    /// <param name="appearance">What the plate looks like.</param>
    public bool Run(SeenPlaces seen, PlateQuad quad, Size picture, in PlateAppearance appearance)
    {
        (Worth, Share, _whole) = (0, 1, 0);
        var place = new LinePlace(PlateRules.IsOnEdge(quad.Box, picture.Height), quad.Score < detector.PlateForCertain);
        Try(seen.Rows, 1, appearance, place);
        if (seen.Count >= LeftOutFrom)
        {
            Try(seen.Rows[CharacterGrid.Columns..], Surplus(seen[0]), appearance, place);
            Try(seen.Rows[..^CharacterGrid.Columns], Surplus(seen[seen.Count - 1]), appearance, place);
            var weakest = Weakest(seen);
            _without.CopyWithout(seen, weakest);
            Try(_without.Rows, Surplus(seen[weakest]), appearance, place);
        }

        return Worth > 0;
    }

    private void Try(ReadOnlySpan<float> rows, double spurious, in PlateAppearance appearance, in LinePlace place)
    {
        if (!_tried.Run(rows, appearance, homeCountry))
        {
            return;
        }

        var worth = PlateRules.Worth(_tried) * spurious;
        _whole = spurious == 1 ? worth : _whole;
        if (worth > Worth && PlateRules.IsPlate(_tried, place))
        {
            // Without a character it is as sure as that was none: a line that is no plate as it stands doesn't become one for certain.
            Choose(rows, worth, spurious == 1 ? 1 : worth / (worth + _whole * (1 - spurious)));
        }
    }

    private void Choose(ReadOnlySpan<float> rows, double worth, double share)
    {
        (_tried, Decoded, Worth, Share) = (Decoded, _tried, worth, share);
        rows.CopyTo(_rows);
        _length = rows.Length;
    }

    private double Surplus(ReadOnlySpan<float> place) => Math.Max(detector.Surplus, 1 - TensorPrimitives.Max(place));

    private static int Weakest(SeenPlaces seen)
    {
        var weakest = 1;
        for (var i = 2; i < seen.Count - 1; i++)
        {
            weakest = TensorPrimitives.Max<float>(seen[i]) < TensorPrimitives.Max<float>(seen[weakest]) ? i : weakest;
        }

        return weakest;
    }
}
