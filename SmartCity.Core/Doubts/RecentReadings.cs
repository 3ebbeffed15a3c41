using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Doubts;

/// <summary>
/// The newest sure readings of each station, in memory, by what a misreading leaves unchanged. It only points at readings to look at: what it says wrongly
/// is found to be nothing when the day is worked out again.
/// </summary>
public sealed class RecentReadings(IOptions<SightingOptions> sightings, IOptions<DoubtOptions> options, TimeProvider time)
{
    // Cameras of a station deliver out of order by seconds at most. What comes later than this is compared with the database.
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(2);

    // Another core may have had the station meanwhile.
    private static readonly TimeSpan Trusted = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Station> _stations = new(StringComparer.Ordinal);

    /// <summary>Those of a batch's readings that may be one vehicle with another reading, both of the pair; the batch's own are remembered.</summary>
    public async Task<List<(ChargeableSighting Reading, ChargeableSighting Other)>> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ChargeableSighting> readings, CancellationToken cancellationToken)
    {
        if (options.Value.OneVehicleWithin == TimeSpan.Zero)
        {
            return [];
        }

        var unknown = readings.GroupBy(r => r.StationId).Select(g => (Station: g.Key, From: g.Min(r => r.CapturedAt), To: g.Max(r => r.CapturedAt))).Where(g => !Knows(g.Station, g.From)).ToList();
        var loaded = unknown.Count == 0 ? [] : await LoadAsync(connection, transaction, unknown, cancellationToken);
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var (station, from, _) in unknown)
            {
                _stations[station] = new Station(from - options.Value.OneVehicleWithin);
            }

            loaded.ForEach(r => _stations[r.StationId].Add(r));
            var found = new List<(ChargeableSighting, ChargeableSighting)>();
            foreach (var reading in readings.OrderBy(r => r.CapturedAt))
            {
                var station = _stations[reading.StationId];
                found.AddRange(station.Near(reading, options.Value.OneVehicleWithin).Select(other => (reading, other)));
                station.Add(reading);
                station.Touched = now;
            }

            return found;
        }
    }

    private bool Knows(string id, DateTimeOffset from)
    {
        lock (_lock)
        {
            return _stations.TryGetValue(id, out var station) && time.GetUtcNow() - station.Touched < Trusted && from - options.Value.OneVehicleWithin >= station.From;
        }
    }

    private async Task<List<ChargeableSighting>> LoadAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, List<(string Station, DateTimeOffset From, DateTimeOffset To)> stations, CancellationToken cancellationToken)
    {
        var within = options.Value.OneVehicleWithin;
        await using var command = new NpgsqlCommand(
            $"""
            select {ReadingDoubts.Columns} from unnest($1, $2, $3) as w (station_id, from_at, to_at)
            join sightings s on s.station_id = w.station_id and s.captured_at between w.from_at and w.to_at
            where s.captured_at between $4 and $5 and s.plate is not null and {ReadingDoubts.IsSure("$6")}
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = stations.ConvertAll(s => s.Station).ToArray() },
                new() { Value = stations.ConvertAll(s => s.From - within).ToArray() },
                new() { Value = stations.ConvertAll(s => s.To + within).ToArray() },
                new() { Value = stations.Min(s => s.From) - within },
                new() { Value = stations.Max(s => s.To) + within },
                new() { Value = sightings.Value.DoubtfulBelow },
            },
        };
        return await command.ReadAllAsync(ReadingDoubts.Read, cancellationToken);
    }

    private sealed class Station(DateTimeOffset from)
    {
        private readonly Queue<ChargeableSighting> _readings = new();
        private readonly HashSet<Guid> _ids = [];
        private readonly Dictionary<ulong, List<ChargeableSighting>> _byKey = [];
        private DateTimeOffset _newest;

        /// <summary>Every reading from then on is there.</summary>
        public DateTimeOffset From { get; private set; } = from;

        public DateTimeOffset Touched { get; set; }

        public IReadOnlyList<ChargeableSighting> Near(ChargeableSighting reading, TimeSpan within)
        {
            List<ChargeableSighting>? near = null;
            foreach (var key in TwoReadings.Keys(reading.Plate, stackalloc ulong[TwoReadings.MostKeys]))
            {
                if (!_byKey.TryGetValue(key, out var others))
                {
                    continue;
                }

                foreach (var other in others)
                {
                    if ((other.CapturedAt - reading.CapturedAt).Duration() <= within && TwoReadings.AreOfOneVehicle(reading.Plate, reading.CameraId, other.Plate, other.CameraId)
                        && near?.Exists(n => n.Id == other.Id) != true)
                    {
                        (near ??= []).Add(other);
                    }
                }
            }

            return near ?? [];
        }

        public void Add(ChargeableSighting reading)
        {
            if (!_ids.Add(reading.Id))
            {
                return;
            }

            _readings.Enqueue(reading);
            foreach (var key in TwoReadings.Keys(reading.Plate, stackalloc ulong[TwoReadings.MostKeys]))
            {
                (_byKey.TryGetValue(key, out var list) ? list : _byKey[key] = []).Add(reading);
            }

            _newest = reading.CapturedAt > _newest ? reading.CapturedAt : _newest;
            while (_readings.TryPeek(out var oldest) && _newest - oldest.CapturedAt > Kept)
            {
                Remove(_readings.Dequeue());
            }
        }

        private void Remove(ChargeableSighting reading)
        {
            _ids.Remove(reading.Id);
            From = reading.CapturedAt > From ? reading.CapturedAt : From;
            foreach (var key in TwoReadings.Keys(reading.Plate, stackalloc ulong[TwoReadings.MostKeys]))
            {
                if (_byKey.TryGetValue(key, out var list) && list.Remove(reading) && list.Count == 0)
                {
                    _byKey.Remove(key);
                }
            }
        }
    }
}
