using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SmartCity.Edge.Publishing;

/// <summary>Takes sightings: once it has one, it reaches Kafka and the object store whatever happens to them or to this process.</summary>
public sealed class SightingPublisher : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, StationSpool> _spools = new(StringComparer.Ordinal);

    public SightingPublisher(IOptions<EdgeOptions> options, ServedStations stations, TimeProvider time, ILogger<SightingPublisher> logger)
    {
        Disk = new SpoolDisk(options.Value);
        foreach (var station in stations.All)
        {
            _spools[station.Id] = new StationSpool(station.Id, options.Value, time, logger, Disk);
        }
    }

    internal SpoolDisk Disk { get; }

    internal IEnumerable<StationSpool> Spools => _spools.Values;

    /// <summary>Sightings of a station that are not delivered yet.</summary>
    public long Waiting(string stationId) => _spools[stationId].Waiting;

    /// <summary>Sightings and pictures of every station that are not delivered yet; pictures that are set aside are left out.</summary>
    public long TotalWaiting => _spools.Values.Sum(s => s.Waiting + s.Pictures.Queue.Waiting);

    /// <summary>Returns when the sighting is on this machine's disk. While the disk is full its pictures are shed, and when that is not enough this waits.</summary>
    /// <exception cref="IOException">The process ends and the sighting could not be written.</exception>
    public ValueTask PublishAsync(ObservedVehicle vehicle, CancellationToken cancellationToken) =>
        _spools[vehicle.Sighting.StationId].AppendAsync(vehicle, cancellationToken);

    /// <summary>Keeps the frames before and after a sighting on this machine's disk, where there is room for them.</summary>
    internal Task KeepStripAsync(ObservedStrip strip, CancellationToken cancellationToken) => _spools[strip.StationId].Strips.TryKeepAsync(strip, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var spool in _spools.Values)
        {
            await spool.DisposeAsync();
        }
    }
}
