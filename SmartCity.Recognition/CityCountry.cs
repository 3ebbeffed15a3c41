using Microsoft.Extensions.Logging;

namespace SmartCity.Recognition;

/// <summary>Our own country reader: the whole plate, with its band, ground and frame, → how much it looks like each of <see cref="Countries"/>. Thread-safe.</summary>
internal sealed class CityCountry(RecognitionOptions options, ILogger logger) : IDisposable
{
    public const string Id = "city-country-1";

    private readonly PatchModel _model = new(Id, Shape, options, logger);

    internal static PatchShape Shape { get; } = new(192, 48, 1.15f, 0.6f, Countries.Count);

    public CountryShares Look(in Source image, PlateQuad quad) => _model.Look(image, quad.Corners, 0, static (shares, _) => CountryShares.Of(shares));

    public void Dispose() => _model.Dispose();
}
