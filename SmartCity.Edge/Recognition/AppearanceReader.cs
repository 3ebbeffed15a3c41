using Microsoft.Extensions.Logging;

namespace SmartCity.Edge.Recognition;

/// <summary>
/// Looks at a plate for everything but its characters. What it finds stays with the reading (<see cref="PlateRead.Appearance"/>), so that the
/// grammars, the calibration of the confidence and the vote over frames know it. Thread-safe.
/// </summary>
internal sealed class AppearanceReader(RecognitionOptions options, ILogger logger) : IDisposable
{
    private readonly CityCountry? _country = options.Reader == CityReader.Id ? new CityCountry(options, logger) : null;

    public PlateAppearance Look(in Source image, PlateQuad quad) => _country?.Look(image, quad) ?? PlateAppearance.Of(image.Picture, quad);

    public void Dispose() => _country?.Dispose();
}
