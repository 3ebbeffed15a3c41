using Npgsql;
using SmartCity.Bench.Live;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Charges;
using SmartCity.Core.Vehicles;

namespace SmartCity.Bench.Pipeline;

/// <summary>
/// Traffic that stays believable at any rate: no station has more than 50 sightings a second, and there are so many vehicles that each is seen about every
/// five minutes. Otherwise it is as <see cref="DemoTraffic"/>: one in 50 is unread, and one in 50 is a plate that the registry does not know.
/// </summary>
internal sealed class HeldTraffic
{
    private const int PerStation = 50;
    private const int SecondsBetween = 300;
    private const int FewestVehicles = 100_000;
    private const int MostVehicles = 3_600_000; // as many as have plates of their own
    private const int NotRegistered = 10_000;
    private const int ListedEvery = 1_000;
    private const int AtOnce = 100_000;
    private const int Sample = 300_000;

    private readonly int _rate;
    private readonly string[] _plates;

    public HeldTraffic(int rate)
    {
        _rate = rate;
        City = Of(City.Load(null), rate);
        Vehicles = (int)Math.Clamp((long)rate * SecondsBetween, FewestVehicles, MostVehicles);
        _plates = [.. Enumerable.Range(0, Vehicles + NotRegistered).Select(i => DemoRegistry.Vehicle(i).Plate)];
    }

    public City City { get; }

    /// <summary>Vehicles that the registry knows.</summary>
    public int Vehicles { get; }

    /// <summary>Plates of the traffic that are on the hot-list, one in a thousand.</summary>
    public string[] Listed => [.. Enumerable.Range(0, Vehicles / ListedEvery).Select(i => _plates[i * ListedEvery])];

    public async Task RegisterAsync(NpgsqlDataSource data, CancellationToken cancellationToken)
    {
        var registry = new VehicleRegistry(data, ChargingCity.Of(City), TimeProvider.System);
        foreach (var some in Enumerable.Range(0, Vehicles).Chunk(AtOnce))
        {
            await registry.ApplyAsync([.. some.Select(DemoRegistry.Vehicle).Select(VehicleChange.Whole)], cancellationToken);
        }

        await using var analyze = data.CreateCommand("vacuum analyze vehicles");
        await analyze.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Endless, in the order of capture.</summary>
    public IEnumerable<Sighting> From(DateTimeOffset from)
    {
        var cameras = City.Stations.SelectMany((s, place) => s.Cameras.Select(c => (Station: s.Id, Place: place, Camera: c))).ToArray();
        var random = new DemoRandom(4);
        var at = from;
        while (true)
        {
            at = at.AddMilliseconds(-Math.Log(1 - random.NextDouble()) * 1000 / _rate);
            var captured = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
            var (station, place, camera) = random.Of(cameras);
            var roll = random.Next(0, 50);
            var plate = roll switch
            {
                0 => null,
                1 => _plates[DemoTraffic.Pick(ref random, Vehicles, NotRegistered, place, captured)],
                _ => _plates[DemoTraffic.Pick(ref random, 0, Vehicles, place, captured)],
            };
            yield return DemoTraffic.Seen(ref random, captured, station, camera, plate);
        }
    }

    /// <summary>Processor time to make up one of them and to write its record.</summary>
    public double Microseconds()
    {
        var before = CpuMeter.OfThis();
        foreach (var sighting in From(TimeProvider.System.GetUtcNow()).Take(Sample))
        {
            _ = SimulatedRecord.Of(sighting);
        }

        return (CpuMeter.OfThis() - before) * 1e6 / Sample;
    }

    // The demo city as often as it takes. Stations of the same name lie at the same place, so that no vehicle is at two places at once.
    private static City Of(City city, int rate) => city with
    {
        Stations = [.. Enumerable.Range(1, (int)Math.Ceiling((double)rate / PerStation / city.Stations.Count)).SelectMany(n => city.Stations.Select(s => s with
        {
            Id = $"{s.Id}-{n}",
            Cameras = [.. s.Cameras.Select(c => c with { Id = $"{c.Id}-{n}" })],
        }))],
    };
}
