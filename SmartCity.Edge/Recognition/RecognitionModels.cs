using Microsoft.Extensions.Logging;

namespace SmartCity.Edge.Recognition;

/// <summary>The models that the options name, loaded once for all pictures.</summary>
internal sealed class RecognitionModels : IDisposable
{
    /// <exception cref="InvalidOperationException">There is no detector or reader of the configured id.</exception>
    public RecognitionModels(RecognitionOptions options, ILogger logger)
    {
        Detector = DetectorOf(options, logger);
        Reader = ReaderOf(options.Reader, options, logger);
        Appearances = new AppearanceReader(options, logger);
        Second = options.SecondReader is { } second && second != options.Reader ? ReaderOf(second, options, logger) : null;
    }

    public IPlateDetector Detector { get; }

    public IPlateReader Reader { get; }

    /// <summary>Asked where <see cref="Reader"/> is in doubt; null for none.</summary>
    public IPlateReader? Second { get; }

    public AppearanceReader Appearances { get; }

    public void Dispose()
    {
        Detector.Dispose();
        Reader.Dispose();
        Second?.Dispose();
        Appearances.Dispose();
    }

    private static IPlateDetector DetectorOf(RecognitionOptions options, ILogger logger) => options.Detector switch
    {
        CityDetector.Id => new CityDetector(options, logger),
        PpOcrDetector.Id => new PpOcrDetector(options, logger),
        _ => throw new InvalidOperationException($"Recognition:Detector is '{options.Detector}'; it must be {CityDetector.Id} or {PpOcrDetector.Id}."),
    };

    private static IPlateReader ReaderOf(string id, RecognitionOptions options, ILogger logger) => id switch
    {
        CityReader.Id => new CityReader(options, logger),
        PpOcrReader.Id => new PpOcrReader(options, logger),
        _ => throw new InvalidOperationException($"There is no reader '{id}'; it must be {CityReader.Id} or {PpOcrReader.Id}."),
    };
}
