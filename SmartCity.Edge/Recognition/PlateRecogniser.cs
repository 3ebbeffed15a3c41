using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Recognition;

/// <summary>How long the steps of one recognition took.</summary>
public readonly record struct RecognitionTimes(TimeSpan Detect, TimeSpan Read);

/// <summary>Picture → plates: the detector finds quads, a <see cref="PictureReading"/> reads them. Thread-safe.</summary>
public sealed class PlateRecogniser : IDisposable
{
    private readonly RecognitionModels _models;
    private readonly RecognitionOptions _options;
    private readonly ConcurrentBag<PictureReading> _free = [];

    /// <exception cref="InvalidOperationException">There is no detector or reader of the configured id, or OpenCV does not load.</exception>
    public PlateRecogniser(IOptions<RecognitionOptions> options, ILogger<PlateRecogniser> logger)
    {
        OpenCvLibrary.Load();
        _options = options.Value;
        _models = new RecognitionModels(_options, logger);
    }

    public string DetectorVersion => _models.Detector.Version;

    public string ReaderVersion => _models.Reader.Version;

    /// <summary>cpu, cuda or tensorrt.</summary>
    public string Device => _models.Detector.Device;

    /// <summary>Text regions that may be plates, the most prominent first.</summary>
    /// <param name="image">A BGR picture.</param>
    /// <param name="own">What its camera has of its own.</param>
    public IReadOnlyList<PlateQuad> Detect(Mat image, CameraRecognition? own = null)
    {
        using var array = InputArray.Create(image);
        return _models.Detector.Detect(new Source(image, array), _options.Detection(own));
    }

    /// <summary>Plates in a BGR picture, the most prominent first.</summary>
    public IReadOnlyList<PlateRead> Recognise(Mat image) => Recognise(image, out _);

    /// <inheritdoc cref="Recognise(Mat)"/>
    public IReadOnlyList<PlateRead> Recognise(Mat image, out RecognitionTimes times)
    {
        var started = Stopwatch.GetTimestamp();
        using var array = InputArray.Create(image);
        var source = new Source(image, array);
        var quads = _models.Detector.Detect(source, _options.Detection(null));
        var detected = Stopwatch.GetElapsedTime(started);
        var reads = Read(source, quads);
        times = new RecognitionTimes(detected, Stopwatch.GetElapsedTime(started) - detected);
        return reads;
    }

    /// <summary>Reads regions of a picture; what is no plate is left out.</summary>
    public IReadOnlyList<PlateRead> Read(Mat image, IReadOnlyList<PlateQuad> quads)
    {
        using var array = InputArray.Create(image);
        return Read(new Source(image, array), quads);
    }

    /// <summary>One reading from several frames of the same plate.</summary>
    /// <exception cref="ArgumentException">There are no reads.</exception>
    public PlateRead Fuse(IReadOnlyList<PlateRead> reads) => FrameVote.Of(reads, _options);

    public void Dispose() => _models.Dispose();

    private PlateRead[] Read(in Source image, IReadOnlyList<PlateQuad> quads)
    {
        if (quads.Count == 0)
        {
            return [];
        }

        if (!_free.TryTake(out var reading))
        {
            reading = new PictureReading(_models, _options);
        }

        try
        {
            return reading.Run(image, quads);
        }
        finally
        {
            reading.Clear();
            _free.Add(reading);
        }
    }
}
