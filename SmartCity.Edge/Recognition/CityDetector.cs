using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace SmartCity.Edge.Recognition;

/// <summary>
/// Our own detector: a heat map of plates and, for each cell of 8 × 8 pixels, the corners of the characters around it. A picture is looked
/// at again, smaller for a plate that fills it and larger for one far away, only where the first look finds nothing sure.
/// </summary>
internal sealed class CityDetector : IPlateDetector
{
    public const string Id = "city-det-1";
    private const string FileName = "city-det-1.onnx";
    private const string Sha256 = "89d1e7d3514833dbdf71ec51a873d8bb6792749cde3d45a37a7e7ddd1b9e2a8f";

    private const int Stride = 32;
    private const int Cell = 8;
    private const float Threshold = 0.35f;
    private const float Sure = 0.5f;
    private const float WarmShare = 0.5f;

    // Characters that are smaller in the picture cannot be read.
    private const int NarrowestPixels = 26;
    private const int LowestPixels = 6;

    // The training's crops hold characters up to this width; those of a wider plate are missed at its ends.
    private const int WidestPixels = 250;

    private const double FirstLook = 2.0 / 3;
    private const double Near = 1.0 / 3;
    private const double Far = 1;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly Looks _looks;
    private readonly int _side;

    public CityDetector(RecognitionOptions options, ILogger logger)
    {
        (_session, Device) = OnnxModel.Open(ModelFiles.Find(options.ModelsPath, FileName, Sha256), options, logger);
        _looks = new Looks(_session);
        _side = options.DetectionSide;
        var shape = _session.InputMetadata.Single().Value.Dimensions;
        if (shape is not [_, _, _, 3] || !_session.OutputNames.SequenceEqual(["heat", "corners"]))
        {
            throw new InvalidDataException($"Detector {FileName} takes [{string.Join(", ", shape)}] and gives {string.Join(", ", _session.OutputNames)}; N × H × W × 3, heat and corners are expected.");
        }
    }

    public string Version => Id;

    public string Device { get; }

    public double Surplus => 0.02;

    // Chosen on rendered pictures: 2 % of those full of lettering have something as warm, and 93 % of those with a plate.
    public float PlateForCertain => 0.7f;

    public IReadOnlyList<PlateQuad> Detect(in Source image)
    {
        var best = Look(image, FirstLook);
        var sure = IsSure(best);
        if (!sure || Widest(best) * Scale(image, FirstLook) > WidestPixels)
        {
            // What fills the picture is seen whole in the smaller one only.
            var near = Look(image, Near);
            best = sure && IsSure(near) ? near : Surer(best, near);
        }

        return !IsSure(best) && Math.Max(image.Picture.Width, image.Picture.Height) > _side * FirstLook ? Surer(best, Look(image, Far)) : best;
    }

    public void Dispose()
    {
        _looks.Dispose();
        _run.Dispose();
        _session.Dispose();
    }

    private static bool IsSure(PlateQuad[] quads) => HighestScore(quads) >= Sure;

    private static PlateQuad[] Surer(PlateQuad[] first, PlateQuad[] second) => HighestScore(second) > HighestScore(first) ? second : first;

    private static int Widest(PlateQuad[] quads)
    {
        var widest = 0;
        foreach (var quad in quads)
        {
            widest = Math.Max(widest, quad.Box.Width);
        }

        return widest;
    }

    private static float HighestScore(PlateQuad[] quads)
    {
        var highest = 0f;
        foreach (var quad in quads)
        {
            highest = Math.Max(highest, quad.Score);
        }

        return highest;
    }

    private PlateQuad[] Look(in Source image, double share)
    {
        var scale = Scale(image, share);
        var look = _looks.Take(Multiple(image.Picture.Width * scale), Multiple(image.Picture.Height * scale));
        try
        {
            Cv2.Resize(image.Array, look.Picture, look.Picture.Size(), 0, 0, scale < 0.6 ? InterpolationFlags.Area : InterpolationFlags.Linear);
            _session.RunWithBinding(_run, look.Binding);
            return Found(look, image.Picture);
        }
        finally
        {
            _looks.Give(look);
        }
    }

    // A small picture is not blown up; the look at what is near goes below its own size.
    private double Scale(in Source image, double share)
    {
        var first = Math.Min(1.0, _side * FirstLook / Math.Max(image.Picture.Width, image.Picture.Height));
        return Math.Min(1.0, first * share / FirstLook);
    }

    private static int Multiple(double pixels) => Math.Max(Stride, (int)Math.Round(pixels / Stride) * Stride);

    private static PlateQuad[] Found(Look look, Mat image)
    {
        var (columns, rows) = (look.Picture.Width / Cell, look.Picture.Height / Cell);
        var (scaleX, scaleY) = ((float)image.Width / look.Picture.Width, (float)image.Height / look.Picture.Height);
        var heat = look.Heat.AsSpan();
        var found = look.Found;
        found.Clear();
        for (var y = 0; y < rows; y++)
        {
            var row = heat.Slice(y * columns, columns);
            for (var x = row.IndexOfAnyInRange(Threshold, float.MaxValue); x < columns && x >= 0; x++)
            {
                if (row[x] > Threshold && IsPeak(heat, columns, rows, x, y))
                {
                    var corners = At(look, columns, rows, x, y, scaleX, scaleY);
                    if (corners.Box is { Width: >= NarrowestPixels, Height: >= LowestPixels } box)
                    {
                        found.Add(new Peak(corners, box, row[x]));
                    }
                }
            }
        }

        return found.Count == 0 ? [] : Distinct(look, image);
    }

    private static bool IsPeak(ReadOnlySpan<float> heat, int columns, int rows, int x, int y)
    {
        var value = heat[y * columns + x];
        for (var ny = Math.Max(0, y - 1); ny <= Math.Min(rows - 1, y + 1); ny++)
        {
            for (var nx = Math.Max(0, x - 1); nx <= Math.Min(columns - 1, x + 1); nx++)
            {
                if (heat[ny * columns + nx] > value)
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Warm cells beside the peak were taught the same corners: their mean, weighed by warmth, errs less than any.
    private static Corners At(Look look, int columns, int rows, int x, int y, float scaleX, float scaleY)
    {
        var plane = columns * rows;
        var least = look.Heat[y * columns + x] * WarmShare;
        Span<float> sum = stackalloc float[8];
        sum.Clear();
        var total = 0f;
        for (var ny = Math.Max(0, y - 1); ny <= Math.Min(rows - 1, y + 1); ny++)
        {
            for (var nx = Math.Max(0, x - 2); nx <= Math.Min(columns - 1, x + 2); nx++)
            {
                var (cell, heat) = (ny * columns + nx, look.Heat[ny * columns + nx]);
                if (heat < least)
                {
                    continue;
                }

                total += heat;
                for (var k = 0; k < sum.Length; k++)
                {
                    sum[k] += heat * (look.Corners[k * plane + cell] + ((k % 2 == 0 ? nx : ny) + 0.5f) * Cell);
                }
            }
        }

        return new Corners(
            new Point2f(sum[0] / total * scaleX, sum[1] / total * scaleY), new Point2f(sum[2] / total * scaleX, sum[3] / total * scaleY),
            new Point2f(sum[4] / total * scaleX, sum[5] / total * scaleY), new Point2f(sum[6] / total * scaleX, sum[7] / total * scaleY));
    }

    // Of two peaks within one plate the surer stays, and doubtful ones only where none is sure; then large ones towards the middle, where a
    // camera points, come first.
    private static PlateQuad[] Distinct(Look look, Mat image)
    {
        var (found, kept) = (look.Found, look.Kept);
        kept.Clear();
        CollectionsMarshal.AsSpan(found).Sort(static (a, b) => b.Score.CompareTo(a.Score));
        foreach (var peak in found)
        {
            if (peak.Score < Sure && kept.Count > 0 && kept[0].Peak.Score >= Sure)
            {
                break;
            }

            if (!WithinOne(kept, peak.Middle))
            {
                kept.Add((peak, peak.Score * Math.Sqrt(peak.Box.Width * (double)peak.Box.Height) * (1 - 0.5 * Math.Abs(peak.Middle.X / image.Width - 0.5))));
            }
        }

        CollectionsMarshal.AsSpan(kept).Sort(static (a, b) => b.Prominence.CompareTo(a.Prominence));
        var quads = new PlateQuad[kept.Count];
        for (var i = 0; i < quads.Length; i++)
        {
            var ((topLeft, topRight, bottomRight, bottomLeft), _, score) = kept[i].Peak;
            quads[i] = new PlateQuad(topLeft, topRight, bottomRight, bottomLeft, score);
        }

        return quads;
    }

    private static bool WithinOne(List<(Peak Peak, double Prominence)> kept, Point2d middle)
    {
        foreach (var (other, _) in kept)
        {
            if (Math.Abs(other.Middle.X - middle.X) < other.Box.Width * 0.5 && Math.Abs(other.Middle.Y - middle.Y) < other.Box.Height * 0.5)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A place of the heat map that is warmer than those around it, and what it says of a plate.</summary>
internal readonly record struct Peak(Corners Corners, Rect Box, float Score)
{
    public Point2d Middle => new(Box.X + Box.Width / 2.0, Box.Y + Box.Height / 2.0);
}
