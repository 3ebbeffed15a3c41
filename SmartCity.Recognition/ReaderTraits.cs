using SmartCity.Contracts.Models;

namespace SmartCity.Recognition;

/// <summary>What a reading keeps of the reader that made it: later frames may be read by another version.</summary>
internal sealed record ReaderTraits(string Version, ModelCalibration Calibration)
{
    /// <summary>The reader that comes with the program.</summary>
    public static ReaderTraits Shipped { get; } = new(CityReader.Id, ModelManifest.Shipped(CityReader.Id).Calibration!);
}
