using SmartCity.Contracts.Cities;

namespace SmartCity.Contracts.Demo;

/// <summary>Sightings without pixels: the same seed, start and city give the same sightings, ids included.</summary>
public static class DemoTraffic
{
    // Places that a vehicle goes round, and how long it is at one before it drives to the next.
    private const int Places = 12;
    private static readonly TimeSpan Stay = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether a vehicle is at a place: for five minutes of every ten, each time at another one, with five minutes to get there. No vehicle is at two places
    /// at once, but for the one whose plates are cloned.
    /// </summary>
    /// <param name="place">Of any station or camera; those that are twelve apart are one place.</param>
    public static bool IsAt(int vehicle, int place, DateTimeOffset at)
    {
        var hash = (ulong)vehicle * 0x9E3779B97F4A7C15UL;
        var slot = (at.ToUnixTimeSeconds() + (long)(hash >> 33) % (long)(2 * Stay.TotalSeconds)) / (long)Stay.TotalSeconds;
        var stop = slot / 2;
        var own = (int)(((hash ^ (ulong)stop * 0xD1B54A32D192ED03UL) * 0x9E3779B97F4A7C15UL >> 40) % Places);
        var here = place % Places;
        return slot % 2 == 0 && (here == own || (vehicle == Cloned && here == (own + 5) % Places));
    }

    private const int Cloned = 1009;

    /// <summary>
    /// Endless traffic in capture order, every vehicle at one place at a time (<see cref="IsAt"/>). One in 50 is unread, one in 50 is a plate that the registry
    /// does not know, one in 400 at most is a vehicle of interest.
    /// </summary>
    /// <param name="city">Its stations and cameras.</param>
    /// <param name="seed">The same seed gives the same sightings.</param>
    /// <param name="from">Capture time of the first sighting.</param>
    /// <param name="perSecond">Mean sightings a second of capture time, all cameras together.</param>
    public static IEnumerable<Sighting> Sightings(City city, int seed, DateTimeOffset from, double perSecond)
    {
        var cameras = city.Stations.SelectMany((s, place) => s.Cameras.Select(c => (Station: s.Id, Place: place, Camera: c))).ToArray();
        var random = new DemoRandom((ulong)seed);
        var at = from.ToUniversalTime();
        while (true)
        {
            at = at.AddMilliseconds(-Math.Log(1 - random.NextDouble()) * 1000 / perSecond);
            var captured = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
            var (station, place, camera) = random.Of(cameras);
            var roll = random.Next(0, 400);
            var index = roll == 0 && Wanted(place, captured) is { } wanted ? wanted : Pick(ref random, roll is > 0 and <= 8 ? DemoRegistry.Count : 0, roll is > 0 and <= 8 ? 10_000 : DemoRegistry.Count, place, captured);
            var plate = roll is > 8 and <= 16 ? null : DemoRegistry.Vehicle(index).Plate;
            yield return Seen(ref random, captured, station, camera, plate);
        }
    }

    /// <summary>What a camera makes of a vehicle that passes it.</summary>
    /// <param name="random">Gives the id, the confidence, the frames and the place in the picture.</param>
    /// <param name="captured">In whole milliseconds.</param>
    /// <param name="station">Id of the station.</param>
    /// <param name="camera">One of its cameras.</param>
    /// <param name="plate">Null if it is not read.</param>
    public static Sighting Seen(ref DemoRandom random, DateTimeOffset captured, string station, Camera camera, string? plate)
    {
        var confidence = plate is null ? 0.3 + 0.4 * random.NextDouble() : 0.93 + 0.069 * random.NextDouble();
        return new Sighting
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

    /// <summary>A vehicle of interest that is at a place; null if none is.</summary>
    public static int? Wanted(int place, DateTimeOffset at) => DemoRegistry.HotList.Select(h => (int?)h.Index).FirstOrDefault(i => IsAt(i!.Value, place, at));

    /// <summary>Some vehicle that is at a place, of so many from one on.</summary>
    public static int Pick(ref DemoRandom random, int first, int count, int place, DateTimeOffset at)
    {
        while (true)
        {
            var vehicle = first + random.Next(0, count);
            if (IsAt(vehicle, place, at))
            {
                return vehicle;
            }
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
