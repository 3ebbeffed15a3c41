using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenCvSharp;
using SmartCity.Contracts.Cities;

namespace SmartCity.Recognition;

/// <summary>How long the steps of one recognition took.</summary>
public readonly record struct RecognitionTimes(TimeSpan Detect, TimeSpan Read);

/// <summary>Picture → plates: the detector finds quads, a <see cref="PictureReading"/> reads them. Thread-safe; other models may take over between two pictures.</summary>
public sealed class PlateRecogniser : IDisposable
{
    private readonly RecognitionOptions _options;
    private volatile ModelGeneration _current;
    private volatile ShadowReading? _shadow;
    private volatile bool _disposed;

    /// <exception cref="InvalidOperationException">There is no detector or reader of the configured id, or OpenCV does not load.</exception>
    public PlateRecogniser(RecognitionOptions? options = null, ILogger<PlateRecogniser>? logger = null)
        : this(options ?? new RecognitionOptions(), logger ?? NullLogger<PlateRecogniser>.Instance, null)
    {
    }

    internal PlateRecogniser(RecognitionOptions options, ILogger<PlateRecogniser> logger, FetchedModel? reader)
    {
        OpenCvLibrary.Load();
        _options = options;
        _current = new ModelGeneration(new RecognitionModels(_options, logger, reader), _options);
    }

    public string DetectorVersion => _current.Models.Detector.Version;

    public string ReaderVersion => _current.Models.Reader.Version;

    /// <summary>cpu, cuda or tensorrt.</summary>
    public string Device => _current.Models.Detector.Device;

    /// <summary>The models that read.</summary>
    internal ModelGeneration Current => _current;

    /// <summary>The candidate that reads beside them; null for none. Whoever sets it owns it.</summary>
    internal ShadowReading? Shadow
    {
        get => _shadow;
        set => _shadow = value;
    }

    /// <summary>Text regions that may be plates, the most prominent first.</summary>
    /// <param name="image">A BGR picture.</param>
    /// <param name="own">What its camera has of its own.</param>
    public IReadOnlyList<PlateQuad> Detect(Mat image, CameraRecognition? own = null)
    {
        using var array = InputArray.Create(image);
        return Detect(new Source(image, array), own);
    }

    /// <summary>Plates in a picture's file, the most prominent first.</summary>
    /// <param name="path">A JPEG or PNG.</param>
    /// <exception cref="InvalidDataException">It is no JPEG or PNG that can be decoded; the message says what it is instead.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IReadOnlyList<PlateRead> Recognise(string path) => Recognise(File.ReadAllBytes(path));

    /// <summary>Plates in a JPEG or PNG of at most 200 million pixels, the most prominent first.</summary>
    /// <exception cref="InvalidDataException">It is no JPEG or PNG that can be decoded; the message says what it is instead.</exception>
    public IReadOnlyList<PlateRead> Recognise(byte[] content)
    {
        using var image = Pictures.Decode(content, Pictures.MostPixels);
        return Recognise(image);
    }

    /// <summary>Plates in a BGR picture, the most prominent first.</summary>
    public IReadOnlyList<PlateRead> Recognise(Mat image) => Recognise(image, out _);

    /// <inheritdoc cref="Recognise(Mat)"/>
    public IReadOnlyList<PlateRead> Recognise(Mat image, out RecognitionTimes times)
    {
        var started = Stopwatch.GetTimestamp();
        using var array = InputArray.Create(image);
        var source = new Source(image, array);
        var quads = Detect(source, null);
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

    /// <summary>From the next picture on others read. Those of before are let go when the last picture that they read is done.</summary>
    internal void TakeOver(ModelGeneration models) => Interlocked.Exchange(ref _current, models).Leave();

    public void Dispose()
    {
        _disposed = true;
        _shadow?.Candidate.Leave();
        _current.Leave();
    }

    private IReadOnlyList<PlateQuad> Detect(in Source image, CameraRecognition? own)
    {
        var models = Enter();
        try
        {
            return models.Models.Detector.Detect(image, _options.Detection(own));
        }
        finally
        {
            models.Leave();
        }
    }

    private PlateRead[] Read(in Source image, IReadOnlyList<PlateQuad> quads)
    {
        if (quads.Count == 0)
        {
            return [];
        }

        var models = Enter();
        try
        {
            var reads = models.Read(image, quads);
            _shadow?.Look(models, image, reads);
            return reads;
        }
        finally
        {
            models.Leave();
        }
    }

    private ModelGeneration Enter()
    {
        while (true)
        {
            var models = _current;
            if (models.TryEnter())
            {
                return models;
            }

            ObjectDisposedException.ThrowIf(_disposed, this);
        }
    }
}
