using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;
using SmartCity.Contracts.Models;

namespace SmartCity.Recognition;

/// <summary>Our own reader: each quad is warped once into a patch of 208 × 48, the lines of a two-line plate side by side, and read over A–Z and 0–9 alone.</summary>
internal sealed class CityReader : IPlateReader
{
    public const string Id = "city-read-1";

    private const string Input = "patch";
    private const string Output = "steps";
    private const int Steps = 26;
    private const int MostAtOnce = 8;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly CtcFolding _folding = new([.. CtcFolding.Alphabet.Select(c => c.ToString())], space: false);
    private readonly ConcurrentBag<Batch> _free = [];

    /// <param name="version">A version of the registry; null for the one that is shipped.</param>
    /// <exception cref="InvalidDataException">The file is not the one that the manifest names, or does not take and give what a reader does.</exception>
    public CityReader(RecognitionOptions options, ILogger logger, FetchedModel? version = null)
    {
        var manifest = version?.Manifest ?? ModelManifest.Shipped(Id);
        By = new ReaderTraits(manifest.Id, manifest.Calibration!);
        (_session, _) = OnnxModel.Open(version is null ? ModelFiles.Find(options.ModelsPath, manifest.File.Name, manifest.File.Sha256) : ModelFiles.Find([version.Folder], manifest.File.Name, manifest.File.Sha256), options, logger);
        try
        {
            CheckShape(manifest);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    private void CheckShape(ModelManifest manifest)
    {
        var (shape, gives) = (_session.InputMetadata.Single().Value.Dimensions, _session.OutputMetadata.Single().Value.Dimensions);
        if (shape is not [_, LinePatch.Height, LinePatch.Width, 3] || gives[^1] != _folding.Classes || !_session.InputNames.SequenceEqual([Input]) || !_session.OutputNames.SequenceEqual([Output]))
        {
            throw new InvalidDataException($"Reader {manifest.Id} takes [{string.Join(", ", shape)}] and gives {gives[^1]} classes; N × {LinePatch.Height} × {LinePatch.Width} × 3 and {_folding.Classes} classes are expected.");
        }
    }

    public ReaderTraits By { get; }

    public string Version => By.Version;

    public void Read(in Source image, ReadOnlySpan<PlateQuad> quads, ReadOnlySpan<SeenPlaces> into)
    {
        if (!_free.TryTake(out var batch))
        {
            batch = new Batch(_session, _folding.Classes);
        }

        try
        {
            for (var done = 0; done < quads.Length; done += MostAtOnce)
            {
                var count = Math.Min(MostAtOnce, quads.Length - done);
                for (var i = 0; i < count; i++)
                {
                    batch.Patches[i].Fill(image.Array, quads[done + i], batch.Warp);
                }

                _session.RunWithBinding(_run, batch.Binding(count));
                for (var i = 0; i < count; i++)
                {
                    into[done + i].Clear();
                    _folding.Fold(batch.Probabilities.AsSpan(i * Steps * _folding.Classes, Steps * _folding.Classes), Steps, into[done + i]);
                }
            }
        }
        finally
        {
            _free.Add(batch);
        }
    }

    public void Dispose()
    {
        foreach (var batch in _free)
        {
            batch.Dispose();
        }

        _run.Dispose();
        _session.Dispose();
    }

    /// <summary>The memory of one inference: patches, probabilities, and a binding for each number of patches, made when it is first needed.</summary>
    private sealed class Batch : IDisposable
    {
        private const int PatchBytes = LinePatch.Height * LinePatch.Width * 3;

        private readonly InferenceSession _session;
        private readonly int _classes;
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(MostAtOnce * PatchBytes, pinned: true);
        private readonly (OrtIoBinding Binding, OrtValue Input, OrtValue Output)?[] _bindings = new (OrtIoBinding, OrtValue, OrtValue)?[MostAtOnce + 1];

        public unsafe Batch(InferenceSession session, int classes)
        {
            (_session, _classes) = (session, classes);
            Probabilities = GC.AllocateUninitializedArray<float>(MostAtOnce * Steps * classes, pinned: true);
            fixed (byte* start = _bytes)
            {
                var first = (nint)start;
                Patches = [.. Enumerable.Range(0, MostAtOnce).Select(i => new LinePatch(first + i * PatchBytes))];
            }
        }

        public LinePatch[] Patches { get; }

        public QuadWarp Warp { get; } = new();

        public float[] Probabilities { get; }

        public OrtIoBinding Binding(int count)
        {
            if (_bindings[count] is { } bound)
            {
                return bound.Binding;
            }

            var memory = OrtMemoryInfo.DefaultInstance;
            var input = OrtValue.CreateTensorValueFromMemory(memory, _bytes.AsMemory(0, count * PatchBytes), [count, LinePatch.Height, LinePatch.Width, 3]);
            var output = OrtValue.CreateTensorValueFromMemory(memory, Probabilities.AsMemory(0, count * Steps * _classes), [count, Steps, _classes]);
            var binding = _session.CreateIoBinding();
            binding.BindInput(Input, input);
            binding.BindOutput(Output, output);
            _bindings[count] = (binding, input, output);
            return binding;
        }

        public void Dispose()
        {
            foreach (var (binding, input, output) in _bindings.OfType<(OrtIoBinding, OrtValue, OrtValue)>())
            {
                binding.Dispose();
                input.Dispose();
                output.Dispose();
            }

            Array.ForEach(Patches, p => p.Dispose());
            Warp.Dispose();
        }
    }
}
