using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SmartCity.Contracts.Models;
using SmartCity.Contracts.Plates;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace SmartCity.Core.Models;

/// <summary>A version of the reader, read with the core's own runtime: patch by patch, greedily, without grammars. Not thread-safe.</summary>
internal sealed class ReaderSession : IDisposable
{
    /// <summary>With less confidence a plate counts as unread, as it does at the edges.</summary>
    private const double AbstainBelow = 0.6;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly ModelManifest _manifest;
    private readonly int _steps;
    private readonly int _classes = PlateShape.Alphabet.Length + 1;

    /// <exception cref="InvalidDataException">It is no model, or does not take and give what its manifest says.</exception>
    public ReaderSession(ModelManifest manifest, byte[] file)
    {
        _manifest = manifest;
        try
        {
            using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            _session = new InferenceSession(file, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"The file of {manifest.Id} cannot be loaded: {e.Message}", e);
        }

        var (input, output) = (_session.InputMetadata, _session.OutputMetadata);
        if (manifest.Kind != ModelKind.Reader || !input.TryGetValue(manifest.Input.Name, out var takes) || !output.TryGetValue(manifest.Output.Name, out var gives)
            || takes.Dimensions is not [_, PlatePicture.Height, PlatePicture.Width, 3] || takes.ElementType != typeof(byte) || gives.Dimensions[^1] != _classes || manifest.Output.Size.Count != 3 || manifest.Output.Size[2] != _classes)
        {
            _session.Dispose();
            throw new InvalidDataException($"{manifest.Id} does not take 1 × {PlatePicture.Height} × {PlatePicture.Width} × 3 bytes as '{manifest.Input.Name}' and give N × {_classes} probabilities as '{manifest.Output.Name}'.");
        }

        _steps = manifest.Output.Size[1];
    }

    public PlateAnswer Read(byte[] patch)
    {
        var started = Stopwatch.GetTimestamp();
        using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, patch.AsMemory(), [1, PlatePicture.Height, PlatePicture.Width, 3]);
        using var outputs = _session.Run(_run, [_manifest.Input.Name], [input], [_manifest.Output.Name]);
        var (text, probability) = Greedy(outputs[0].GetTensorDataAsSpan<float>());
        var confidence = _manifest.Calibration!.Of(probability);
        return new PlateAnswer(text, confidence, confidence < AbstainBelow || text.Length == 0, Stopwatch.GetElapsedTime(started));
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }

    private (string Text, double Probability) Greedy(ReadOnlySpan<float> probabilities)
    {
        Span<char> text = stackalloc char[_steps];
        var (length, before, sure) = (0, 0, 1.0);
        for (var step = 0; step < _steps; step++)
        {
            var row = probabilities.Slice(step * _classes, _classes);
            var best = 0;
            for (var c = 1; c < _classes; c++)
            {
                best = row[c] > row[best] ? c : best;
            }

            sure *= row[best];
            if (best != 0 && best != before)
            {
                text[length++] = PlateShape.Alphabet[best - 1];
            }

            before = best;
        }

        return (new string(text[..length]), double.IsFinite(sure) ? Math.Clamp(sure, 0, 1) : 0);
    }
}

/// <param name="Confidence">Calibrated, 0–1.</param>
/// <param name="Abstained">Not given as read.</param>
internal readonly record struct PlateAnswer(string Text, double Confidence, bool Abstained, TimeSpan Time);
