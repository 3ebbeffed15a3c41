using System.Globalization;

namespace SmartCity.Contracts;

/// <summary>
/// The body of <c>POST /api/edge/strips?station=…</c>: the frames just before and after a sighting, small, in one JPEG. The core keeps the first that it is told of a
/// sighting; the picture is put after that, as evidence is.
/// </summary>
/// <param name="Key">Object key, beside the evidence, <see cref="KeyOf"/>.</param>
/// <param name="CapturedAt">UTC capture time of the sighting.</param>
/// <param name="Sha256">SHA-256 of the JPEG, 64 hexadecimal digits.</param>
/// <param name="Width">Of one frame in pixels.</param>
/// <param name="Height">Of one frame in pixels.</param>
/// <param name="Milliseconds">From the sighting to each frame, in order of time; those before are below zero. The JPEG has them in this order, <see cref="Columns"/> beside one another, row by row.</param>
public sealed record EdgeStrip(string Key, DateTimeOffset CapturedAt, string Sha256, int Width, int Height, IReadOnlyList<int> Milliseconds)
{
    /// <summary>Frames in a row of the JPEG.</summary>
    public const int Columns = 5;

    /// <summary>Most frames before a sighting, and most after it.</summary>
    public const int MostEachSide = 5;

    /// <summary>What the key of a strip ends with.</summary>
    public const string Ending = ".strip.jpg";

    /// <summary>Object key of the strip of a sighting, beside its evidence: <c>evidence/{station}/yyyy/MM/dd/HH/{id}.strip.jpg</c>, one for all revisions.</summary>
    public static string KeyOf(string stationId, DateTimeOffset capturedAt, Guid id) =>
        string.Create(CultureInfo.InvariantCulture, $"evidence/{stationId}/{capturedAt.UtcDateTime:yyyy/MM/dd/HH}/{id}{Ending}");
}
