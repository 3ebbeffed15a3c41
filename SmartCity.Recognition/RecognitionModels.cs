using Microsoft.Extensions.Logging;

namespace SmartCity.Recognition;

/// <summary>The models that the options name, loaded once for all pictures.</summary>
internal sealed class RecognitionModels : IDisposable
{
    /// <exception cref="InvalidOperationException">There is no detector or reader of the configured id.</exception>
    /// <exception cref="InvalidDataException">A file is not the one that its manifest names, or does not take and give what it should.</exception>
    /// <param name="reader">The version that reads; null for the one that is shipped.</param>
    public RecognitionModels(RecognitionOptions options, ILogger logger, FetchedModel? reader = null)
    {
        // First, for it alone may be bad: nothing else is to be let go then.
        Reader = ReaderOf(options.Reader, options, logger, reader);
        Detector = DetectorOf(options, logger);
        Appearances = new AppearanceReader(options, logger);
        Second = options.SecondReader is { } second && second != options.Reader ? ReaderOf(second, options, logger, null) : null;
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

    private static IPlateReader ReaderOf(string id, RecognitionOptions options, ILogger logger, FetchedModel? version) => id switch
    {
        CityReader.Id => new CityReader(options, logger, version),
        PpOcrReader.Id => new PpOcrReader(options, logger),
        _ => throw new InvalidOperationException($"There is no reader '{id}'; it must be {CityReader.Id} or {PpOcrReader.Id}."),
    };
}
