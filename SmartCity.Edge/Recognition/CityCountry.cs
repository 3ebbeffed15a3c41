using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace SmartCity.Edge.Recognition;

/// <summary>Our own country reader: the whole plate, with its band, ground and frame, → how much it looks like each of <see cref="Countries"/>. Thread-safe.</summary>
internal sealed class CityCountry : IDisposable
{
    public const string Id = "city-country-1";
    private const string FileName = "city-country-1.onnx";
    private const string Sha256 = "8706a75cc17b4c8193ed0467447025c66126bb2aadf6a71ae3894ebde893bef1";

    internal const int Width = 192;
    internal const int Height = 48;
    internal const float MarginAlong = 1.15f;
    internal const float MarginAcross = 0.6f;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly ConcurrentBag<Place> _free = [];

    public CityCountry(RecognitionOptions options, ILogger logger)
    {
        (_session, _) = OnnxModel.Open(ModelFiles.Find(options.ModelsPath, FileName, Sha256), options, logger);
        var (shape, gives) = (_session.InputMetadata.Single().Value.Dimensions, _session.OutputMetadata.Single().Value.Dimensions);
        if (shape is not [1, Height, Width, 3] || gives is not [1, Countries.Count])
        {
            throw new InvalidDataException($"Country reader {FileName} takes [{string.Join(", ", shape)}] and gives [{string.Join(", ", gives)}]; 1 × {Height} × {Width} × 3 and 1 × {Countries.Count} are expected.");
        }
    }

    public PlateAppearance Look(in Source image, PlateQuad quad)
    {
        if (!_free.TryTake(out var place))
        {
            place = new Place(_session);
        }

        try
        {
            var (line, _) = LinePatch.Lines(quad.Corners);
            place.Warp.Cut(image.Array, quad.Corners.Grow(MarginAlong * line, MarginAcross * line), place.Patch);
            _session.RunWithBinding(_run, place.Binding);
            return PlateAppearance.Neutral with { Shares = CountryShares.Of(place.Shares) };
        }
        finally
        {
            _free.Add(place);
        }
    }

    public void Dispose()
    {
        foreach (var place in _free)
        {
            place.Dispose();
        }

        _run.Dispose();
        _session.Dispose();
    }

    /// <summary>The memory of one inference, bound once.</summary>
    private sealed class Place : IDisposable
    {
        private readonly OrtValue _input;
        private readonly OrtValue _output;

        public Place(InferenceSession session)
        {
            var bytes = GC.AllocateUninitializedArray<byte>(Width * Height * 3, pinned: true);
            Patch = Mat.FromPixelData(Height, Width, MatType.CV_8UC3, bytes);
            _input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, bytes.AsMemory(), [1, Height, Width, 3]);
            _output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, Shares.AsMemory(), [1, Countries.Count]);
            Binding = session.CreateIoBinding();
            Binding.BindInput("plate", _input);
            Binding.BindOutput("countries", _output);
        }

        public Mat Patch { get; }

        public QuadWarp Warp { get; } = new();

        public float[] Shares { get; } = GC.AllocateUninitializedArray<float>(Countries.Count, pinned: true);

        public OrtIoBinding Binding { get; }

        public void Dispose()
        {
            Binding.Dispose();
            _input.Dispose();
            _output.Dispose();
            Patch.Dispose();
            Warp.Dispose();
        }
    }
}
