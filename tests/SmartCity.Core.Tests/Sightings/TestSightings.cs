using SmartCity.Contracts;
using SmartCity.Core.Charges;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>Sightings for tests, confident unless said otherwise.</summary>
internal static class TestSightings
{
    private static long _offset;

    public static Sighting Sighting(string? plate, DateTimeOffset at, string station = "london-a1", double confidence = 0.97, Guid? id = null)
    {
        var own = id ?? Guid.CreateVersion7(at);
        return new()
        {
            Id = own,
            CapturedAt = at,
            StationId = station,
            CameraId = station.Replace("london-", "", StringComparison.Ordinal) + "-n1",
            Lane = 1,
            Direction = "inbound",
            Plate = plate,
            Country = "GB",
            Confidence = confidence,
            Characters = [0.99, 0.98],
            Alternatives = [new PlateAlternative("AB12CDF", 0.01)],
            Box = [1, 2, 3, 4],
            Evidence = Contracts.Sighting.EvidenceKey(station, at, own),
            ReaderVersion = "reader",
            DetectorVersion = "detector",
        };
    }

    /// <summary>The moment, or the same time of the day before where its day in London is 25 December, on which nothing is charged.</summary>
    public static DateTimeOffset Charged(DateTimeOffset at) => ChargingCity.London.DayOf(at) is { Month: 12, Day: 25 } ? at.AddDays(-1) : at;

    public static SightingRecord Record(Sighting sighting) =>
        new(sighting, new RecordPosition(Topics.Mirrored(sighting.StationId, Topics.Sightings), 0, Interlocked.Increment(ref _offset)), default);

    public static SightingRecord[] Records(params Sighting[] sightings) => [.. sightings.Select(Record)];
}
