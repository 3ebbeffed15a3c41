using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>A small model that looks at one plate with some of what is around it and gives probabilities. Thread-safe.</summary>
internal sealed class PatchModel : IDisposable
{
    private readonly PatchShape _shape;
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly ConcurrentBag<Place> _free = [];

    /// <exception cref="InvalidDataException">The file is not the one with this SHA-256, or does not take and give what its shape says.</exception>
    public PatchModel(string id, PatchShape shape, RecognitionOptions options, ILogger logger)
    {
        _shape = shape;
        (_session, _) = OnnxModel.Open(ModelFiles.Shipped(options.ModelsPath, id), options, logger);
        var (takes, gives) = (_session.InputMetadata.Single().Value.Dimensions, _session.OutputMetadata.Single().Value.Dimensions);
        if (!takes.SequenceEqual([1, shape.Height, shape.Width, 3]) || !gives.SequenceEqual([1, shape.Outputs]))
        {
            throw new InvalidDataException($"{id} takes [{string.Join(", ", takes)}] and gives [{string.Join(", ", gives)}]; 1 × {shape.Height} × {shape.Width} × 3 and 1 × {shape.Outputs} are expected.");
        }
    }

    public delegate T Use<TWith, T>(ReadOnlySpan<float> probabilities, TWith with);

    /// <summary>Cuts out a quad with the margins of the shape, and hands over what the model makes of it, with what is known besides.</summary>
    public T Look<TWith, T>(in Source image, in Corners quad, TWith with, Use<TWith, T> use)
    {
        if (!_free.TryTake(out var place))
        {
            place = new Place(_session, _shape);
        }

        try
        {
            var (line, _) = LinePatch.Lines(quad);
            place.Warp.Cut(image.Array, quad.Grow(_shape.MarginAlong * line, _shape.MarginAcross * line), place.Patch);
            _session.RunWithBinding(_run, place.Binding);
            return use(place.Probabilities, with);
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

        public Place(InferenceSession session, PatchShape shape)
        {
            var bytes = GC.AllocateUninitializedArray<byte>(shape.Width * shape.Height * 3, pinned: true);
            Probabilities = GC.AllocateUninitializedArray<float>(shape.Outputs, pinned: true);
            Patch = Mat.FromPixelData(shape.Height, shape.Width, MatType.CV_8UC3, bytes);
            _input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, bytes.AsMemory(), [1, shape.Height, shape.Width, 3]);
            _output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, Probabilities.AsMemory(), [1, shape.Outputs]);
            Binding = session.CreateIoBinding();
            Binding.BindInput(session.InputNames[0], _input);
            Binding.BindOutput(session.OutputNames[0], _output);
        }

        public Mat Patch { get; }

        public QuadWarp Warp { get; } = new();

        public float[] Probabilities { get; }

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

/// <summary>What a <see cref="PatchModel"/> takes and gives.</summary>
/// <param name="Width">Of the patch, pixels.</param>
/// <param name="Height">Of the patch, pixels.</param>
/// <param name="MarginAlong">What is seen beyond the ends of the characters, in heights of a line.</param>
/// <param name="MarginAcross">What is seen above and below them, in heights of a line.</param>
/// <param name="Outputs">Probabilities that it gives.</param>
internal sealed record PatchShape(int Width, int Height, float MarginAlong, float MarginAcross, int Outputs);
