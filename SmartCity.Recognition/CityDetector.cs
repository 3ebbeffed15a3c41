using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>
/// Our own detector: a heat map of plates and, for each cell of 8 × 8 pixels, the corners of the characters around it. The whole picture is
/// looked at small first. It is looked at again, smaller still for a plate that fills it, and larger where the first look finds nothing sure;
/// and closer, in <see cref="CloserTiles"/>, at every place that is warm but too small to be judged.
/// </summary>
internal sealed class CityDetector : IPlateDetector
{
    public const string Id = "city-det-1";

    private const int Stride = 32;

    // The training's crops hold characters up to this width; those of a wider plate are missed at its ends.
    private const int WidestPixels = 250;

    // Of the side that is set.
    private const double FirstLook = 2.0 / 3;

    // Of the first look.
    private const double NearLook = 1.0 / 2;

    // A very large picture is looked at with all of the side at once, so that a plate that can just be read is some pixels wide.
    private const double LeastScale = 1.0 / 5;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly Looks _looks;
    private readonly ConcurrentBag<Search> _free = [];

    public CityDetector(RecognitionOptions options, ILogger logger)
    {
        (_session, Device) = OnnxModel.Open(ModelFiles.Shipped(options.ModelsPath, Id), options, logger);
        _looks = new Looks(_session);
        var shape = _session.InputMetadata.Single().Value.Dimensions;
        if (shape is not [_, _, _, 3] || !_session.OutputNames.SequenceEqual(["heat", "corners"]))
        {
            throw new InvalidDataException($"Detector {Id} takes [{string.Join(", ", shape)}] and gives {string.Join(", ", _session.OutputNames)}; N × H × W × 3, heat and corners are expected.");
        }
    }

    public string Version => Id;

    public string Device { get; }

    public double Surplus => 0.02;

    // Chosen on rendered pictures: 2 % of those full of lettering have something as warm, and 93 % of those with a plate.
    public float PlateForCertain => 0.7f;

    public bool ScoresPlates => true;

    public IReadOnlyList<PlateQuad> Detect(in Source image, in DetectionSettings settings)
    {
        if (!_free.TryTake(out var search))
        {
            search = new Search();
        }

        try
        {
            search.Halves.Begin(image);
            Find(image.Picture.Size(), settings, search);
            return search.Found.Count == 0 ? [] : DistinctQuads.Of(search.Found, search.Kept, image.Picture.Width, settings);
        }
        finally
        {
            search.Clear();
            _free.Add(search);
        }
    }

    public void Dispose()
    {
        foreach (var search in _free)
        {
            search.Dispose();
        }

        _looks.Dispose();
        _run.Dispose();
        _session.Dispose();
    }

    private void Find(Size picture, in DetectionSettings settings, Search search)
    {
        var longer = Math.Max(picture.Width, picture.Height);
        var far = Math.Min(1.0, settings.Side / (double)longer);
        var first = Math.Min(1.0, settings.Side * FirstLook / longer);
        var scale = Math.Max(first, Math.Min(far, LeastScale));
        Look(picture, scale, CloserTiles.WarmFrom(scale, settings), search);
        var sure = search.TakeFirst(settings);
        if (!sure || search.Widest() * scale > WidestPixels)
        {
            // What fills the picture is seen whole in the smaller one only.
            Look(picture, first * NearLook, settings.Least, search);
            search.TakeNear(settings);
        }

        LookCloser(picture, scale, settings, search);
        if (!search.IsSure(settings) && far > scale)
        {
            Look(picture, far, CloserTiles.WarmFrom(far, settings), search);
            search.TakeFar(settings);
            LookCloser(picture, far, settings, search);
        }
    }

    private void LookCloser(Size picture, double scale, in DetectionSettings settings, Search search)
    {
        if (CloserTiles.Scale(scale, picture, settings) is not { } finer)
        {
            return;
        }

        do
        {
            CloserTiles.Around(search, finer, picture, settings);
            search.Warm.Clear();
            foreach (var tile in search.Tiles)
            {
                Look(tile, new Size(CloserTiles.Width, CloserTiles.Height), settings.Least, search);
                search.TakeCloser(tile, picture, settings);
            }

            search.Tiles.Clear();
        }
        while (search.Warm.Count > 0);
    }

    private void Look(Size picture, double scale, float least, Search search) =>
        Look(new Rect(new Point(0, 0), picture), new Size(Multiple(picture.Width * scale), Multiple(picture.Height * scale)), least, search);

    // Puts the peaks of a region, seen so large, into the search's list of those that were just seen.
    private void Look(Rect region, Size size, float least, Search search)
    {
        var look = _looks.Take(size.Width, size.Height);
        try
        {
            var seen = search.Halves.Fill(region, look.Picture);
            _session.RunWithBinding(_run, look.Binding);
            search.Seen.Clear();
            new HeatMap(look.Heat, look.Corners, size.Width / HeatMap.Cell, size.Height / HeatMap.Cell).Peaks(least, seen, search.Seen);
        }
        finally
        {
            _looks.Give(look);
        }
    }

    private static int Multiple(double pixels) => Math.Max(Stride, (int)Math.Round(pixels / Stride) * Stride);
}
