using OpenCvSharp;
using SmartCity.Edge.Faces;
using SmartCity.Faces;

namespace SmartCity.Bench.Faces;

/// <summary>A core's own time, of the fastest of several rounds: whatever else runs on the machine can only make it longer.</summary>
internal static class FaceTimes
{
    private const int Rounds = 5;
    private const int Times = 10;
    private const int Looks = 3;
    private const int BlurSide = 768;

    /// <summary>Milliseconds to look at 1280 × 736, to describe one face of a pass, and to look at 1280 × 720 at 768 pixels and blur a face.</summary>
    public static (double Detect, double Describe, double Blur) Measure(FaceSet set, FaceDetector detector)
    {
        using var picture = set.Looks.Count > 0 ? Cv2.ImRead(set.Looks[0].Known.File) : new Mat(736, 1280, MatType.CV_8UC3, Scalar.All(90));
        using var frame = picture.Resize(new Size(1280, 736));
        using var smaller = picture.Resize(new Size(1280, 720));
        var face = set.Looks.FirstOrDefault()?.Face.Face;
        return (
            Own(() => detector.Find(frame.Pixels(), new FaceSearch(1280, 0.7f))),
            face is null ? 0 : Math.Round(Own(() => Pass(set.Describer, picture, face)) / Looks, 1),
            Own(() =>
            {
                using var small = smaller.Resize(default, BlurSide / 1280.0, BlurSide / 1280.0, InterpolationFlags.Area);
                var faces = detector.Find(small.Pixels(), new FaceSearch(BlurSide, 0.6f));
                using var covered = smaller.Clone();
                FaceBlur.Apply(covered.Bytes(), covered.Width, covered.Height, (int)covered.Step(), 3, faces.Select(f => f.Box), []);
            }));
    }

    // As a pass is described: what is done once for its looks is part of each.
    private static void Pass(FaceDescriber describer, Mat picture, FoundFace face)
    {
        var cuts = Enumerable.Range(0, Looks).Select(_ => describer.Cut(picture.Pixels(), face)).ToList();
        describer.Describe(cuts).ForEach(t => t.Dispose());
        cuts.ForEach(c => c.Dispose());
    }

    private static double Own(Action what)
    {
        what();
        var least = double.PositiveInfinity;
        for (var round = 0; round < Rounds; round++)
        {
            var before = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < Times; i++)
            {
                what();
            }

            least = Math.Min(least, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / Times);
        }

        return Math.Round(least, 1);
    }
}
