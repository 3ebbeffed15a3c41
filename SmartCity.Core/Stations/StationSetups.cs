using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Api;
using SmartCity.Core.Models;
using SmartCity.Core.Ops;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Stations;

/// <summary>Stations and cameras as an administrator sees them, with what their edges' last heartbeats say.</summary>
internal sealed class StationSetups(NpgsqlDataSource dataSource, CoreSecret secrets, HeartbeatConsumer heartbeats, Rollouts rollouts, WatchedCameras watched, IObjectStore objects, IOptions<CoreOptions> options, TimeProvider time)
{
    private const string CameraColumns = "id, station_id, source, lane, direction, masks, state, trial_until, recognition, motion";
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private readonly Lazy<string> _timeZone = new(() => City.Load(options.Value.CityFile).TimeZone);

    public async Task<IReadOnlyList<StationSetup>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await ReadAsync(connection, null, cancellationToken);
    }

    public async Task<StationSetup?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, id, cancellationToken);
    }

    public async Task<StationSetup?> FindAsync(NpgsqlConnection connection, string id, CancellationToken cancellationToken) => (await ReadAsync(connection, id, cancellationToken)).SingleOrDefault();

    public async Task<CameraSetup?> FindCameraAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await FindCameraAsync(connection, id, cancellationToken);
    }

    public async Task<CameraSetup?> FindCameraAsync(NpgsqlConnection connection, string id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select {CameraColumns} from cameras where id = $1", connection) { Parameters = { new() { Value = id } } };
        return (await command.ReadAllAsync(r => Shown(ReadCamera(r)), cancellationToken)).SingleOrDefault(c => !IsOver(c));
    }

    /// <summary>What edges have to run: every camera that is active or on trial, by station.</summary>
    public async Task<EdgeConfiguration> ForEdgeAsync(IReadOnlyList<string> stations, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select id, name, latitude, longitude, retired_at from stations where id = any($1) order by id", connection) { Parameters = { new() { Value = stations.ToArray() } } };
        var rows = await command.ReadAllAsync(r => (Id: r.GetString(0), Name: r.GetString(1), Latitude: r.GetDouble(2), Longitude: r.GetDouble(3), Retired: !r.IsDBNull(4)), cancellationToken);
        var all = await CamerasAsync(connection, null, cancellationToken);
        if (all.Exists(IsOver))
        {
            await ForgetTrialsAsync(connection, cancellationToken);
        }

        var cameras = all.Where(c => c.Source is not null && c.State is "active" or "trial" && !IsOver(c)).ToLookup(c => c.StationId);
        return new EdgeConfiguration
        {
            TimeZone = _timeZone.Value,
            Models = await rollouts.ForEdgeAsync(stations, cancellationToken),
            Watched = await watched.OfAsync(stations, cancellationToken),
            Stations = rows.ConvertAll(s => new Station
            {
                Id = s.Id,
                Name = s.Name,
                Latitude = s.Latitude,
                Longitude = s.Longitude,
                Cameras = s.Retired ? [] : [.. cameras[s.Id].Select(c => new Camera { Id = c.Id, Source = c.Source!, Lane = c.Lane, Direction = c.Direction, Masks = c.Masks, Recognition = c.Recognition, Motion = c.Motion, Trial = c.State == "trial" })],
            }),
        };
    }

    private async Task<IReadOnlyList<StationSetup>> ReadAsync(NpgsqlConnection connection, string? only, CancellationToken cancellationToken)
    {
        var cameras = (await CamerasAsync(connection, only, cancellationToken)).Where(c => !IsOver(c)).ToLookup(c => c.StationId);
        await using var zoneCommand = new NpgsqlCommand(
            "select station_id, zone, nullif(from_day, '-infinity'), nullif(to_day, 'infinity') from station_zones where $1::text is null or station_id = $1 order by from_day, zone", connection)
        {
            Parameters = { TextParameter.Of(only) },
        };
        var zones = (await zoneCommand.ReadAllAsync(r => (Station: r.GetString(0), Membership: new ZoneMembership(r.GetString(1), StationZoneStore.Day(r, 2), StationZoneStore.Day(r, 3))), cancellationToken))
            .ToLookup(z => z.Station, z => z.Membership);
        await using var command = new NpgsqlCommand("select id, name, latitude, longitude, retired_at from stations where $1::text is null or id = $1 order by name, id", connection) { Parameters = { TextParameter.Of(only) } };
        var now = time.GetUtcNow();
        return await command.ReadAllAsync(
            r =>
            {
                var id = r.GetString(0);
                return new StationSetup(
                    id, r.GetString(1), r.GetDouble(2), r.GetDouble(3), [.. zones[id]], [.. cameras[id].Select(Shown)], r.IsDBNull(4) ? null : r.Time(4),
                    heartbeats.Newest.TryGetValue(id, out var heartbeat) && now - heartbeat.At <= Silence);
            },
            cancellationToken);
    }

    private async Task<List<CameraSetup>> CamerasAsync(NpgsqlConnection connection, string? station, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select {CameraColumns} from cameras where $1::text is null or station_id = $1 order by id", connection) { Parameters = { TextParameter.Of(station) } };
        return await command.ReadAllAsync(ReadCamera, cancellationToken);
    }

    private bool IsOver(CameraSetup camera) => camera.State == "trial" && camera.TrialUntil <= time.GetUtcNow();

    // A test leaves nothing behind: neither its address, which may hold a password, nor its picture. Edges ask every few seconds.
    private async Task ForgetTrialsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from cameras where state = 'trial' and trial_until <= $1 returning station_id, id", connection) { Parameters = { new() { Value = time.GetUtcNow() } } };
        foreach (var (station, camera) in await command.ReadAllAsync(r => (r.GetString(0), r.GetString(1)), cancellationToken))
        {
            await objects.DeleteAsync(CameraPicture.Key(station, camera), cancellationToken);
        }
    }

    private CameraSetup ReadCamera(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetString(1), r.Text(2) is { } source ? secrets.Open(source, CameraSource.Purpose) : null, r.Int(3), r.Text(4), JsonSerializer.Deserialize<double[][][]>(r.GetString(5))!, Recognition(r.GetString(8)), r.GetString(6), r.IsDBNull(7) ? null : r.Time(7), null)
    {
        Motion = r.Text(9) is { } motion ? JsonSerializer.Deserialize(motion, ContractsJson.Default.CameraMotion) : null,
    };

    // Null where it says nothing of its own.
    private static CameraRecognition? Recognition(string json) => JsonSerializer.Deserialize<CameraRecognition>(json, JsonSerializerOptions.Web) is { } own && own != new CameraRecognition() ? own : null;

    /// <summary>A value of the column <c>motion</c>; one that says nothing is null.</summary>
    internal static NpgsqlParameter Motion(CameraMotion? motion) =>
        new() { Value = motion is null or { IsEmpty: true } ? DBNull.Value : JsonSerializer.Serialize(motion, ContractsJson.Default.CameraMotion), NpgsqlDbType = NpgsqlDbType.Jsonb };

    private CameraSetup Shown(CameraSetup camera) => camera with
    {
        Source = CameraAddress.Shown(camera.Source),
        Now = heartbeats.Newest.TryGetValue(camera.StationId, out var heartbeat) && time.GetUtcNow() - heartbeat.At <= Silence ? heartbeat.Heartbeat.Cameras.FirstOrDefault(c => c.CameraId == camera.Id) : null,
    };
}
