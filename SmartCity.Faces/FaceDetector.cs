using System.Collections.Concurrent;
using System.Numerics;
using Microsoft.ML.OnnxRuntime;

namespace SmartCity.Faces;

/// <summary>How faces are looked for.</summary>
/// <param name="LongestSide">A larger picture is scaled down to this many pixels first: fewer take less time, and small faces are missed.</param>
/// <param name="LeastScore">A face of less (0–1) is none.</param>
public readonly record struct FaceSearch(int LongestSide, float LeastScore)
{
    /// <summary>What the models' card was measured with.</summary>
    public static FaceSearch Usual { get; } = new(1024, 0.7f);
}

/// <summary>Finds faces (YuNet). Thread-safe.</summary>
public sealed class FaceDetector : IDisposable
{
    /// <summary>Its version.</summary>
    public const string Version = "yunet-s-1";

    private const string File = "face-detector.onnx";
    private const string Sha256 = "daede24002cc8590f457998cc5e6c9e8b82f45f6bd969506a8913cd4ed10a2d3";
    private const float SameFace = 0.3f;
    private const int Multiple = 32;
    private static readonly int[] Strides = [8, 16, 32];
    private static readonly string[] Outputs = [.. Strides.SelectMany(s => new[] { $"cls_{s}", $"obj_{s}", $"bbox_{s}", $"kps_{s}" })];

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly ConcurrentBag<DetectorInput> _free = [];

    private FaceDetector(InferenceSession session) => _session = session;

    /// <param name="folder">Where its file is; null for the folder that was built with the program.</param>
    /// <param name="open">Opens a model's file; null for the CPU with one thread.</param>
    /// <exception cref="FileNotFoundException">Its file is not there.</exception>
    /// <exception cref="InvalidDataException">Its file is another.</exception>
    public static FaceDetector Open(string? folder = null, Func<string, InferenceSession>? open = null) =>
        new((open ?? FaceFiles.OnCpu)(FaceFiles.Find(folder, File, Sha256, "It is part of every build: build or install the program again.")));

    /// <summary>The faces of a picture, the surest first.</summary>
    public List<FoundFace> Find(in Pixels picture, in FaceSearch search)
    {
        var scale = MathF.Min(1, search.LongestSide / (float)Math.Max(picture.Width, picture.Height));
        var (width, height) = (Math.Max(1, (int)MathF.Round(picture.Width * scale)), Math.Max(1, (int)MathF.Round(picture.Height * scale)));
        var (wide, high) = (Padded(width), Padded(height));
        if (!_free.TryTake(out var input))
        {
            input = new DetectorInput();
        }

        try
        {
            input.Fill(picture, width, height, wide, high);
            using var value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, input.Memory, [1, 3, high, wide]);
            using var results = _session.Run(_run, ["input"], [value], Outputs);
            return Distinct(Decode(results, wide, width, height, search.LeastScore), new Vector2(picture.Width / (float)width, picture.Height / (float)height));
        }
        finally
        {
            input.Clear();
            _free.Add(input);
        }
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }

    private static int Padded(int side) => (side + Multiple - 1) / Multiple * Multiple;

    private static List<FoundFace> Decode(IReadOnlyList<OrtValue> results, int wide, int width, int height, float leastScore)
    {
        var faces = new List<FoundFace>();
        for (var (level, least) = (0, leastScore * leastScore); level < Strides.Length; level++)
        {
            var (stride, columns) = (Strides[level], wide / Strides[level]);
            var classes = results[4 * level].GetTensorDataAsSpan<float>();
            var objects = results[4 * level + 1].GetTensorDataAsSpan<float>();
            var boxes = results[4 * level + 2].GetTensorDataAsSpan<float>();
            var points = results[4 * level + 3].GetTensorDataAsSpan<float>();
            for (var i = 0; i < classes.Length; i++)
            {
                var score = Math.Clamp(classes[i], 0, 1) * Math.Clamp(objects[i], 0, 1);
                if (score < least)
                {
                    continue;
                }

                var cell = new Vector2(i % columns, i / columns);
                var middle = (cell + new Vector2(boxes[4 * i], boxes[4 * i + 1])) * stride;
                var size = new Vector2(MathF.Exp(boxes[4 * i + 2]), MathF.Exp(boxes[4 * i + 3])) * stride;

                // What is found in the border that only fills the picture up is no face.
                if (middle.X < width && middle.Y < height)
                {
                    var k = points.Slice(10 * i, 10);
                    faces.Add(new FoundFace(
                        new FaceBox(middle.X - size.X / 2, middle.Y - size.Y / 2, size.X, size.Y),
                        MathF.Sqrt(score),
                        new FacePoints(At(k, 0), At(k, 1), At(k, 2), At(k, 3), At(k, 4))));
                }

                Vector2 At(ReadOnlySpan<float> k, int point) => (cell + new Vector2(k[2 * point], k[2 * point + 1])) * stride;
            }
        }

        return faces;
    }

    private static List<FoundFace> Distinct(List<FoundFace> faces, Vector2 scale)
    {
        var distinct = new List<FoundFace>();
        foreach (var face in faces.OrderByDescending(f => f.Score))
        {
            if (!distinct.Exists(d => d.Box.Overlap(face.Box) > SameFace))
            {
                distinct.Add(face);
            }
        }

        return distinct.ConvertAll(f => f with
        {
            Box = new FaceBox(f.Box.X * scale.X, f.Box.Y * scale.Y, f.Box.Width * scale.X, f.Box.Height * scale.Y),
            Points = f.Points.Scaled(scale),
        });
    }
}
