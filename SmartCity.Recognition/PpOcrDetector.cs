using System.Buffers;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>PP-OCRv4's text detector as a plate detector: lines of text whose shape could be a plate, and pairs of lines that could be one of two.</summary>
internal sealed class PpOcrDetector : IPlateDetector
{
    public const string Id = "ppocr-det-v4";
    private const string FileName = "ch_PP-OCRv4_det_infer.onnx";
    private const string Sha256 = "30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff";

    private const double TextThreshold = 0.3;
    private const double LineThreshold = 0.5;
    private const double Unclip = 1.6;
    private const int Stride = 32;

    // ImageNet's mean and deviation in the order of the channels as the model was trained: blue, green, red.
    private static readonly float[] Mean = [0.485f * 255, 0.456f * 255, 0.406f * 255];
    private static readonly float[] Deviation = [0.229f * 255, 0.224f * 255, 0.225f * 255];

    private readonly InferenceSession _session;
    private readonly string _input;

    public PpOcrDetector(RecognitionOptions options, ILogger logger)
    {
        (_session, Device) = OnnxModel.Open(ModelFiles.Find(options.ModelsPath, FileName, Sha256), options, logger);
        var (name, shape) = (_session.InputMetadata.Single().Key, _session.InputMetadata.Single().Value.Dimensions);
        if (shape.Length != 4 || shape[1] != 3 || _session.OutputMetadata.Count != 1)
        {
            throw new InvalidDataException($"Detector {FileName} takes [{string.Join(", ", shape)}] and gives {_session.OutputMetadata.Count} outputs; N × 3 × H × W and one output are expected.");
        }

        _input = name;
    }

    public string Version => Id;

    public string Device { get; }

    // Any text beside the plate's characters belongs to the same line.
    public double Surplus => 0.2;

    // Any text is found, and none is more of a plate than another.
    public float PlateForCertain => float.PositiveInfinity;

    public bool ScoresPlates => false;

    public IReadOnlyList<PlateQuad> Detect(in Source source, in DetectionSettings settings)
    {
        var image = source.Picture;
        var scale = Math.Min(1.0, (double)settings.Side / Math.Max(image.Width, image.Height));
        var width = Math.Max(Stride, (int)Math.Round(image.Width * scale / Stride) * Stride);
        var height = Math.Max(Stride, (int)Math.Round(image.Height * scale / Stride) * Stride);
        var lines = Lines(image, width, height);
        var found = lines.Where(IsPlateLike).Select(l => l.Quad()).ToList();
        found.AddRange(TextLine.SameRow(lines).Where(IsPlateLike).Select(l => l.Quad()));
        found.AddRange(TextLine.Stacked(lines).Select(l => l.Quad()));
        return [.. found.OrderByDescending(q => Prominence(q, image))];
    }

    public void Dispose() => _session.Dispose();

    private List<TextLine> Lines(Mat image, int width, int height)
    {
        var pool = ArrayPool<float>.Shared;
        var pixels = 3 * width * height;
        var tensor = pool.Rent(pixels);
        try
        {
            using var resized = new Mat();
            Cv2.Resize(image, resized, new Size(width, height), 0, 0, InterpolationFlags.Linear);
            Planes.Fill(resized, tensor, Mean, Deviation);
            using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, tensor.AsMemory(0, pixels), [1, 3, height, width]);
            using var run = new RunOptions();
            using var outputs = _session.Run(run, [_input], [input], _session.OutputNames);
            return Find(outputs[0].GetTensorDataAsSpan<float>(), width, height, (float)image.Width / width, (float)image.Height / height);
        }
        finally
        {
            pool.Return(tensor);
        }
    }

    private static unsafe List<TextLine> Find(ReadOnlySpan<float> probability, int width, int height, float scaleX, float scaleY)
    {
        fixed (float* data = probability)
        {
            using var map = Mat.FromPixelData(height, width, MatType.CV_32FC1, (nint)data);
            using var binary = new Mat();
            Cv2.Compare(map, TextThreshold, binary, CmpTypes.GT);
            Cv2.FindContours(binary, out var contours, out _, RetrievalModes.List, ContourApproximationModes.ApproxSimple);
            var lines = new List<TextLine>();
            foreach (var contour in contours)
            {
                var box = Cv2.MinAreaRect(contour);
                var (w, h) = (box.Size.Width, box.Size.Height);
                if (Math.Min(w, h) < 2.5 || Score(map, contour) is var score && score < LineThreshold)
                {
                    continue;
                }

                var grow = (float)(w * h * Unclip / (2 * (w + h)));
                lines.Add(TextLine.From(new RotatedRect(box.Center, new Size2f(w + 2 * grow, h + 2 * grow), box.Angle), (float)score, scaleX, scaleY));
            }

            return lines;
        }
    }

    private static double Score(Mat map, Point[] contour)
    {
        var bounds = Cv2.BoundingRect(contour);
        using var mask = Mat.Zeros(bounds.Height, bounds.Width, MatType.CV_8UC1).ToMat();
        Cv2.FillPoly(mask, [contour.Select(p => p - bounds.TopLeft)], Scalar.White);
        using var region = new Mat(map, bounds);
        return Cv2.Mean(region, mask).Val0;
    }

    private static bool IsPlateLike(TextLine line) =>
        line.Height >= 7 && line.Width >= 24 && line.Width / line.Height is > 1.5f and < 9f && Math.Abs(line.Angle) < 30;

    // Large, sure, and towards the middle of the picture, where a camera points.
    private static double Prominence(PlateQuad quad, Mat image)
    {
        var box = quad.Box;
        var dx = (box.X + box.Width / 2.0) / image.Width - 0.5;
        return quad.Score * Math.Sqrt(box.Width * (double)box.Height) * (1 - 0.5 * Math.Abs(dx));
    }
}
