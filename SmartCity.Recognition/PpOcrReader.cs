using System.Buffers;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>PP-OCRv4's line recogniser as a plate reader: its 6,625 classes are folded to A–Z and 0–9; a patch of two lines is read line by line.</summary>
internal sealed class PpOcrReader : IPlateReader
{
    public const string Id = "ppocr-v4";
    private const string FileName = "ch_PP-OCRv4_rec_infer.onnx";
    private const string Sha256 = "06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0";
    private const string KeysName = "ppocr_keys_v1.txt";
    private const string KeysSha256 = "28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7";

    private const int Height = 48;
    private const int MaximumWidth = 320;
    private const float TwoLineAspect = 2.4f;
    private static readonly float[] Half = [127.5f, 127.5f, 127.5f];

    private readonly InferenceSession _session;
    private readonly string _input;
    private readonly CtcFolding _folding;

    public PpOcrReader(RecognitionOptions options, ILogger logger)
    {
        (_session, _) = OnnxModel.Open(ModelFiles.Find(options.ModelsPath, FileName, Sha256), options, logger);
        _folding = new CtcFolding(File.ReadAllLines(ModelFiles.Find(options.ModelsPath, KeysName, KeysSha256)), space: true);
        var (name, shape) = (_session.InputMetadata.Single().Key, _session.InputMetadata.Single().Value.Dimensions);
        var classes = _session.OutputMetadata.Single().Value.Dimensions[^1];
        if (shape.Length != 4 || shape[1] != 3 || shape[2] != Height || classes != _folding.Classes)
        {
            throw new InvalidDataException($"Reader {FileName} takes [{string.Join(", ", shape)}] and gives {classes} classes; N × 3 × {Height} × W and {_folding.Classes} classes are expected.");
        }

        _input = name;
    }

    // Its probabilities were never measured by themselves: they count for what our reader's do.
    public ReaderTraits By { get; } = new(Id, ReaderTraits.Shipped.Calibration);

    public string Version => Id;

    public void Read(in Source image, ReadOnlySpan<PlateQuad> quads, ReadOnlySpan<SeenPlaces> into)
    {
        var lines = new List<Mat>();
        var plates = new List<SeenPlaces>();
        try
        {
            for (var i = 0; i < quads.Length; i++)
            {
                using var patch = PlatePatch.Rectify(image.Picture, quads[i]);
                Prepare(patch, lines);
                plates.AddRange(Enumerable.Repeat(into[i], lines.Count - plates.Count));
                into[i].Clear();
            }

            if (lines.Count > 0)
            {
                ReadLines(lines, plates);
            }
        }
        finally
        {
            lines.ForEach(l => l.Dispose());
        }
    }

    public void Dispose() => _session.Dispose();

    private static void Prepare(Mat patch, List<Mat> lines)
    {
        if ((float)patch.Width / patch.Height >= TwoLineAspect)
        {
            lines.Add(Scale(patch));
            return;
        }

        var cut = Gap(patch);
        using var upper = new Mat(patch, new Rect(0, 0, patch.Width, cut));
        using var lower = new Mat(patch, new Rect(0, cut, patch.Width, patch.Height - cut));
        lines.Add(Scale(upper));
        lines.Add(Scale(lower));
    }

    private static Mat Scale(Mat line)
    {
        var width = Math.Clamp((int)Math.Ceiling((double)line.Width * Height / line.Height), 16, MaximumWidth);
        var scaled = new Mat();
        Cv2.Resize(line, scaled, new Size(width, Height), 0, 0, line.Height > Height ? InterpolationFlags.Area : InterpolationFlags.Cubic);
        return scaled;
    }

    // The row between a quarter above and below the middle across which the picture changes least: between two lines of text.
    private static int Gap(Mat patch)
    {
        using var grey = new Mat();
        Cv2.CvtColor(patch, grey, ColorConversionCodes.BGR2GRAY);
        using var edges = new Mat();
        Cv2.Sobel(grey, edges, MatType.CV_32F, 1, 0);
        using var size = Cv2.Abs(edges).ToMat();
        using var rows = new Mat();
        Cv2.Reduce(size, rows, ReduceDimension.Column, ReduceTypes.Avg, MatType.CV_32F);
        var (from, to) = (patch.Height * 35 / 100, Math.Max(patch.Height * 65 / 100, patch.Height * 35 / 100 + 1));
        return Math.Clamp(Enumerable.Range(from, to - from).MinBy(y => rows.At<float>(y, 0)), 1, patch.Height - 1);
    }

    private void ReadLines(List<Mat> lines, List<SeenPlaces> plates)
    {
        // Widths differ little within a picture; the batch is as wide as its widest, padded with the models' grey.
        var width = (lines.Max(l => l.Width) + 7) / 8 * 8;
        var plane = 3 * Height * width;
        var pool = ArrayPool<float>.Shared;
        var tensor = pool.Rent(plane * lines.Count);
        try
        {
            for (var i = 0; i < lines.Count; i++)
            {
                using var padded = new Mat();
                Cv2.CopyMakeBorder(lines[i], padded, 0, 0, 0, width - lines[i].Width, BorderTypes.Constant, new Scalar(127, 127, 127));
                Planes.Fill(padded, tensor.AsSpan(i * plane, plane), Half, Half);
            }

            using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, tensor.AsMemory(0, plane * lines.Count), [lines.Count, 3, Height, width]);
            using var run = new RunOptions();
            using var outputs = _session.Run(run, [_input], [input], _session.OutputNames);
            var data = outputs[0].GetTensorDataAsSpan<float>();
            var steps = data.Length / lines.Count / _folding.Classes;
            for (var i = 0; i < lines.Count; i++)
            {
                _folding.Fold(data.Slice(i * steps * _folding.Classes, steps * _folding.Classes), steps, plates[i]);
            }
        }
        finally
        {
            pool.Return(tensor);
        }
    }
}
