using Microsoft.Extensions.Logging;

namespace SmartCity.Recognition;

/// <summary>
/// Looks at a plate for everything but its characters. What it finds stays with the reading (<see cref="PlateRead.Appearance"/>), so that the
/// grammars, the calibration of the confidence and the vote over frames know it. Thread-safe.
/// </summary>
internal sealed class AppearanceReader(RecognitionOptions options, ILogger logger) : IDisposable
{
    private readonly CityCountry? _country = options.Reader == CityReader.Id ? new CityCountry(options, logger) : null;

    // It knows quads as our own detector gives them.
    private readonly CityWhole? _whole = options.Detector == CityDetector.Id ? new CityWhole(options, logger) : null;

    public PlateAppearance Look(in Source image, PlateQuad quad) => _country is null
        ? PlateAppearance.Of(image.Picture, quad)
        : PlateAppearance.Neutral with { Shares = _country.Look(image, quad) };

    /// <summary>The reading, no surer than what is seen of the plate allows.</summary>
    public PlateRead Judge(in Source image, PlateRead read)
    {
        if (read.SeenInPart)
        {
            return read;
        }

        if (PlateRules.IsCutOff(read.Quad.Box, image.Picture.Size()))
        {
            return Reading.InPart(read, options.AbstainBelow);
        }

        return _whole?.Evidence(image, read, LongerPlates.Of(read.BestGuess, read.Appearance, options.HomeCountry)) is < 0 and var whole ? Reading.InPart(read, options.AbstainBelow, whole) : read;
    }

    public void Dispose()
    {
        _country?.Dispose();
        _whole?.Dispose();
    }
}
