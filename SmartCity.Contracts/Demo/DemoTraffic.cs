using SmartCity.Contracts.Cities;

namespace SmartCity.Contracts.Demo;

/// <summary>Sightings without pixels: the same seed, start and city give the same sightings, ids included.</summary>
public static class DemoTraffic
{
    /// <summary>
    /// Endless traffic in capture order. One in 50 is unread, one in 50 is a plate that the registry does not know,
    /// one in 400 is a vehicle of interest.
    /// </summary>
    /// <param name="city">Its stations and cameras.</param>
    /// <param name="seed">The same seed gives the same sightings.</param>
    /// <param name="from">Capture time of the first sighting.</param>
    /// <param name="perSecond">Mean sightings a second of capture time, all cameras together.</param>
    public static IEnumerable<Sighting> Sightings(City city, int seed, DateTimeOffset from, double perSecond)
    {
        var cameras = city.Stations.SelectMany(s => s.Cameras.Select(c => (Station: s.Id, Camera: c))).ToArray();
        var random = new DemoRandom((ulong)seed);
        var at = from.ToUniversalTime();
        while (true)
        {
            at = at.AddMilliseconds(-Math.Log(1 - random.NextDouble()) * 1000 / perSecond);
            var captured = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
            var (station, camera) = random.Of(cameras);
            var roll = random.Next(0, 400);
            var index = roll == 0 ? random.Of(DemoRegistry.HotList).Index
                : roll <= 8 ? DemoRegistry.Count + random.Next(0, 10_000)
                : random.Next(0, DemoRegistry.Count);
            var plate = roll is > 8 and <= 16 ? null : DemoRegistry.Vehicle(index).Plate;
            var confidence = plate is null ? 0.3 + 0.4 * random.NextDouble() : 0.93 + 0.069 * random.NextDouble();
            yield return new Sighting
            {
                Id = Id(captured, ref random),
                CapturedAt = captured,
                StationId = station,
                CameraId = camera.Id,
                Lane = camera.Lane,
                Direction = camera.Direction,
                Plate = plate,
                Country = plate is null ? null : "GB",
                Confidence = Math.Round(confidence, 4),
                Characters = plate is null ? [] : [.. Enumerable.Repeat(Math.Round(Math.Pow(confidence, 1.0 / plate.Length), 4), plate.Length)],
                Frames = random.Next(3, 12),
                Box = [random.Next(200, 900), random.Next(300, 600), 160, 36],
                ReaderVersion = "simulated",
                DetectorVersion = "simulated",
            };
        }
    }

    /// <summary>A UUID v7 whose random part comes from the seed.</summary>
    private static Guid Id(DateTimeOffset at, ref DemoRandom random)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, random.NextBits());
        BitConverter.TryWriteBytes(bytes[8..], random.NextBits());
        var milliseconds = at.ToUnixTimeMilliseconds();
        for (var i = 5; i >= 0; i--)
        {
            bytes[i] = (byte)milliseconds;
            milliseconds >>= 8;
        }

        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true);
    }
}
