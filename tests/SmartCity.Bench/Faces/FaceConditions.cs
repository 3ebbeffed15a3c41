using OpenCvSharp;
using SmartCity.Edge.Faces;
using SmartCity.Faces;

namespace SmartCity.Bench.Faces;

/// <summary>The same faces seen worse: one side of each pair is changed, and every other picture is compared with it.</summary>
internal static class FaceConditions
{
    private static readonly (string Name, int FaceWidth, Func<Mat, int, Mat> Change)[] Changes =
    [
        ("none", 0, (p, _) => p.Clone()),
        ("80 px", 80, Shifted),
        ("60 px", 60, Shifted),
        ("50 px", 50, Shifted),
        ("40 px", 40, Shifted),
        ("30 px", 30, Shifted),
        ("60 px, noise σ 12, JPEG 40", 60, (p, look) => Worn(p, look, 12, 40)),
        ("100 px, blurred by σ 1.5", 100, (p, look) => Blurred(p, look, 1.5)),
        ("100 px, blurred by σ 2.5", 100, (p, look) => Blurred(p, look, 2.5)),
        ("dark (gamma 2.2, half)", 0, (p, look) => Dark(p, look, 0.5)),
        ("dark (gamma 2.2, quarter)", 0, (p, look) => Dark(p, look, 0.25)),
        ("turned by 20°", 0, (p, look) => Turned(p, 20 + look)),
        ("turned by 40°", 0, (p, look) => Turned(p, 40 + look)),
    ];

    public static List<ConditionFigures> Measure(FaceSet set, FaceDetector detector) =>
        [.. Changes.SelectMany(c => new[] { Measure(set, detector, c, 1), Measure(set, detector, c, 3) })];

    private static ConditionFigures Measure(FaceSet set, FaceDetector detector, (string Name, int FaceWidth, Func<Mat, int, Mat> Change) condition, int looks)
    {
        int found = 0, refused = 0;
        var (wide, gated) = (new Errors(), new Errors());
        foreach (var look in set.Looks)
        {
            using var picture = Cv2.ImRead(look.Known.File);
            using var any = Pooled(set, detector, picture, look, condition, looks, FaceGates.None);
            using var good = Pooled(set, detector, picture, look, condition, looks, FaceGates.Passing);
            found += any is null ? 0 : 1;
            refused += any is not null && good is null ? 1 : 0;
            Compare(set, look, any, wide);
            Compare(set, look, good, gated);
        }

        return new ConditionFigures(condition.Name, looks, set.Looks.Count, found, refused, wide.Figures, gated.Figures);
    }

    // Null where not enough looks are found, or good.
    private static FaceVector? Pooled(FaceSet set, FaceDetector detector, Mat picture, PersonLook look, (string Name, int FaceWidth, Func<Mat, int, Mat> Change) condition, int looks, FaceGates gates)
    {
        using var pool = new FacePool(set.Describer.Card);
        var scale = condition.FaceWidth == 0 ? 1 : condition.FaceWidth / (double)look.Face.Face.Box.Width;
        using var sized = scale < 1 ? picture.Resize(default, scale, scale, InterpolationFlags.Area) : picture.Clone();
        for (var i = 0; i < looks; i++)
        {
            using var changed = condition.Change(sized, i);
            var faces = set.Describer.Describe(changed.Pixels(), detector, FaceSearch.Usual, gates);
            if (faces.MaxBy(f => f.Face.Box.Width)?.Template is { } template)
            {
                pool.Add(template);
            }

            faces.ForEach(f => f.Dispose());
        }

        return pool.Looks == looks ? pool.Mean() : null;
    }

    private static void Compare(FaceSet set, PersonLook look, FaceVector? changed, Errors errors)
    {
        if (changed is null)
        {
            return;
        }

        foreach (var other in set.Looks.Where(l => l != look))
        {
            errors.Add(other.Person == look.Person, set.Describer.Distance(changed, other.Face.Template!), set.Describer.Card.Threshold);
        }
    }

    // Looks of one pass are not one picture: each lies a part of a pixel elsewhere and has noise of its own.
    private static Mat Shifted(Mat picture, int look) => Worn(Moved(picture, look), look, 3, 90);

    private static Mat Moved(Mat picture, int look)
    {
        using var shift = new Mat(2, 3, MatType.CV_64F, Scalar.All(0));
        (shift.At<double>(0, 0), shift.At<double>(1, 1), shift.At<double>(0, 2), shift.At<double>(1, 2)) = (1, 1, 0.37 * look, 0.61 * look);
        return picture.WarpAffine(shift, picture.Size(), InterpolationFlags.Linear, BorderTypes.Replicate);
    }

    private static Mat Worn(Mat picture, int look, double sigma, int quality)
    {
        using var noise = new Mat(picture.Size(), MatType.CV_16SC3);
        Cv2.SetTheRNG((ulong)(17 + look));
        Cv2.Randn(noise, Scalar.All(0), Scalar.All(sigma));
        using var wide = new Mat();
        picture.ConvertTo(wide, MatType.CV_16SC3);
        using var noisy = new Mat();
        Cv2.Add(wide, noise, noisy);
        using var narrow = new Mat();
        noisy.ConvertTo(narrow, MatType.CV_8UC3);
        return Cv2.ImDecode(narrow.ImEncode(".jpg", new ImageEncodingParam(ImwriteFlags.JpegQuality, quality)), ImreadModes.Color);
    }

    private static Mat Blurred(Mat picture, int look, double sigma)
    {
        using var moved = Moved(picture, look);
        return moved.GaussianBlur(default, sigma);
    }

    private static Mat Dark(Mat picture, int look, double by)
    {
        using var curve = new Mat(1, 256, MatType.CV_8UC1);
        for (var i = 0; i < 256; i++)
        {
            curve.Set(0, i, (byte)(255 * by * Math.Pow(i / 255.0, 2.2)));
        }

        using var dark = new Mat();
        Cv2.LUT(picture, curve, dark);
        return Worn(dark, look, 2, 90);
    }

    private static Mat Turned(Mat picture, double degrees)
    {
        using var turn = Cv2.GetRotationMatrix2D(new Point2f(picture.Width / 2f, picture.Height / 2f), degrees, 1);
        return picture.WarpAffine(turn, picture.Size(), InterpolationFlags.Linear, BorderTypes.Replicate);
    }

    private sealed class Errors
    {
        private int _same;
        private int _missed;
        private int _other;
        private int _matched;
        private double? _farthest;
        private double? _nearest;

        public PairErrors Figures => new(_same, _missed, Rate.Of(_missed, _same).AtMost, Rounded(_farthest), _other, _matched, Rate.Of(_matched, _other).AtMost, Rounded(_nearest));

        public void Add(bool same, double distance, double threshold)
        {
            if (same)
            {
                (_same, _missed, _farthest) = (_same + 1, _missed + (distance >= threshold ? 1 : 0), Math.Max(distance, _farthest ?? 0));
            }
            else
            {
                (_other, _matched, _nearest) = (_other + 1, _matched + (distance < threshold ? 1 : 0), Math.Min(distance, _nearest ?? distance));
            }
        }

        private static double? Rounded(double? distance) => distance is { } known ? Math.Round(known, 3) : null;
    }
}
