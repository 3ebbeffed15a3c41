using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Edge.Faces;
using SmartCity.Faces;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Bench.Faces;

/// <summary>A core's own time, of the fastest of several rounds: whatever else runs on the machine can only make it longer.</summary>
internal static class FaceTimes
{
    private const int Rounds = 5;
    private const int Times = 10;
    private const int Looks = 3;

    /// <summary>Milliseconds to look at 1280 × 736, to describe one face of a pass, and to blur the faces of a picture of 1280 × 720 as the edge does it.</summary>
    public static (double Detect, double Describe, double Blur) Measure(FaceSet set, FaceDetector detector)
    {
        using var picture = set.Looks.Count > 0 ? Cv2.ImRead(set.Looks[0].Known.File) : new Mat(736, 1280, MatType.CV_8UC3, Scalar.All(90));
        using var frame = picture.Resize(new Size(1280, 736));
        using var smaller = picture.Resize(new Size(1280, 720));
        var face = set.Looks.FirstOrDefault()?.Face.Face;
        using var blur = new BystanderBlur(
            Options.Create(new EvidenceOptions()),
            Options.Create(new RecognitionOptions { Device = RecognitionDevice.Cpu, ThreadsPerSession = 1 }),
            new WorkerHealth(TimeProvider.System),
            TimeProvider.System,
            NullLogger<BystanderBlur>.Instance);
        return (
            Own(() => detector.Find(frame.Pixels(), new FaceSearch(1280, 0.7f))),
            face is null ? 0 : Math.Round(Own(() => Pass(set.Describer, picture, face)) / Looks, 1),
            Own(() => blur.Cover(smaller)?.Dispose()));
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
