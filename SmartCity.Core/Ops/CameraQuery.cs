using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Ops;

/// <summary>Every camera that the core knows or that an edge's heartbeat names, with what the last heartbeat says.</summary>
internal sealed class CameraQuery(NpgsqlDataSource dataSource, HeartbeatConsumer heartbeats, TimeProvider time)
{
    public async Task<IReadOnlyList<CameraStatus>> RunAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select c.id, s.id, s.name, c.lane, c.direction from cameras c join stations s on s.id = c.station_id where c.state <> 'retired' and s.retired_at is null");
        var known = await command.ReadAllAsync(r => new KnownCamera(r.GetString(0), r.GetString(1), r.GetString(2), r.Int(3), r.Text(4)), cancellationToken);
        var reported = heartbeats.Newest.Values
            .SelectMany(r => r.Heartbeat.Cameras.Select(c => (Camera: c, r.Heartbeat)))
            .ToDictionary(c => (c.Heartbeat.StationId, c.Camera.CameraId));
        var now = time.GetUtcNow();
        var all = known.ToDictionary(c => (c.StationId, c.Id));
        return
        [
            .. all.Keys.Union(reported.Keys)
                .Select(key => Camera(key.Item1, key.Item2, all.GetValueOrDefault(key), reported.TryGetValue(key, out var r) ? r.Camera : null, heartbeats.Newest.GetValueOrDefault(key.Item1)?.Heartbeat, now))
                .OrderBy(c => OpsRules.Rank(c.Health)).ThenBy(c => c.StationId, StringComparer.Ordinal).ThenBy(c => c.CameraId, StringComparer.Ordinal),
        ];
    }

    private static CameraStatus Camera(string stationId, string id, KnownCamera? known, CameraHeartbeat? beat, StationHeartbeat? station, DateTimeOffset now)
    {
        var state = beat is null || station is null ? OpsRules.Unknown : now - station.At > OpsRules.Silence ? "silent" : beat.State;
        var (health, why) = OpsRules.Camera(beat, station, now);
        return new CameraStatus
        {
            CameraId = id,
            StationId = stationId,
            StationName = known?.StationName,
            Lane = known?.Lane,
            Direction = known?.Direction,
            State = state,
            Health = health,
            FramesPerSecond = beat?.FramesPerSecond,
            FramesDropped = beat?.FramesDropped,
            FramesBad = beat?.FramesBad,
            BadFrame = beat?.BadFrame,
            FramesRead = beat?.FramesRead,
            Sightings = beat?.Sightings,
            ReadRate = beat is { Sightings: > 0 } ? Math.Round(1 - (double)beat.Unread / beat.Sightings, 3) : null,
            ReadRight = beat is { TruthTotal: > 0 and var total, TruthRight: { } right } ? Math.Round((double)right / total, 3) : null,
            Error = why,
            PictureAt = beat?.PictureAt,
            ReportedAt = station?.At,
        };
    }

    private sealed record KnownCamera(string Id, string StationId, string StationName, int? Lane, string? Direction);
}
