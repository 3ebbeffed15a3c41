using System.Collections.Concurrent;
using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Stations;

/// <summary>Which cameras somebody watches. Their edges hear of it when they next ask, and send pictures more often until it is over.</summary>
internal sealed class WatchedCameras(NpgsqlDataSource dataSource, TimeProvider time)
{
    // Longer than an edge takes to ask again, so that whoever goes on watching sees no gap.
    private static readonly TimeSpan For = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RenewedBefore = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _noted = new(StringComparer.Ordinal);

    /// <summary>Somebody looks at the camera now.</summary>
    public async Task WatchAsync(string camera, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_noted.TryGetValue(camera, out var until) && until - now > RenewedBefore)
        {
            return;
        }

        await using var command = dataSource.CreateCommand("insert into watched_cameras (camera_id, watched_until) values ($1, $2) on conflict (camera_id) do update set watched_until = excluded.watched_until");
        command.Parameters.Add(new() { Value = camera });
        command.Parameters.Add(new() { Value = now + For });
        await command.ExecuteNonQueryAsync(cancellationToken);
        _noted[camera] = now + For;
    }

    /// <summary>Those of some stations that are watched now, in order.</summary>
    public async Task<List<string>> OfAsync(IReadOnlyList<string> stations, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select w.camera_id from watched_cameras w join cameras c on c.id = w.camera_id where c.station_id = any($1) and w.watched_until > $2 order by w.camera_id");
        command.Parameters.Add(new() { Value = stations.ToArray() });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }
}
