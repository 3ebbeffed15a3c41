using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.Core.Secrets;

namespace SmartCity.Core.Stations;

/// <summary>
/// Takes over from the city file what the file says otherwise than when it was last taken over, a station or a camera at a time: what was changed
/// in the console since stands as long as the file's line does. What the file no longer names stays; it is retired in the console.
/// </summary>
internal sealed class StationSeed(NpgsqlDataSource dataSource, CoreSecret secrets, IOptions<CoreOptions> options, ILogger<StationSeed> logger) : IDatabaseSeed
{
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        var stations = City.Load(options.Value.CityFile).Stations;
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var knownStations = await KnownAsync("stations", connection, cancellationToken);
        var knownCameras = await KnownAsync("cameras", connection, cancellationToken);
        foreach (var station in stations)
        {
            var line = Text(station with { Cameras = [] });
            if (!knownStations.TryGetValue(station.Id, out var before) || !IsSame(before, line))
            {
                await TakeAsync(station, line, connection, cancellationToken);
                if (before is not null)
                {
                    logger.LogWarning("Station {Station} has changed in the city file, and the core takes the change over. Charges of past days stay as they are until they are worked out again.", station.Id);
                }
            }

            foreach (var camera in station.Cameras)
            {
                var cameraLine = Text(station with { Name = "", Latitude = 0, Longitude = 0, Zones = [], Cameras = [camera with { Source = CameraSource.Remembered(camera.Source, secrets) }] });
                var isKnown = knownCameras.TryGetValue(camera.Id, out var cameraBefore) && IsSame(cameraBefore, cameraLine);
                if (isKnown && cameraBefore != cameraLine)
                {
                    await RememberAsync(camera.Id, cameraLine, connection, cancellationToken);
                }
                else if (!isKnown)
                {
                    await TakeAsync(station.Id, camera, cameraLine, connection, cancellationToken);
                }
            }
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static string Text(Station station) => JsonSerializer.Serialize(station, ContractsJson.Default.Station);

    // A version before may have written the same in another way, as a null for what is left out now.
    private bool IsSame(string? before, string line) =>
        before == line || (before is not null && JsonSerializer.Deserialize(before, ContractsJson.Default.Station) is { } known && (Text(known) == line || Text(Remembered(known)) == line));

    private Station Remembered(Station known) => known with { Cameras = [.. known.Cameras.Select(c => c with { Source = CameraSource.Remembered(c.Source, secrets) })] };

    private static async Task<Dictionary<string, string?>> KnownAsync(string table, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select id, from_file from {table}", connection);
        return (await command.ReadAllAsync(r => (Id: r.GetString(0), Line: r.Text(1)), cancellationToken)).ToDictionary(r => r.Id, r => r.Line, StringComparer.Ordinal);
    }

    // The same in another way of writing it; a version before wrote the password too.
    private static async Task RememberAsync(string camera, string line, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("update cameras set from_file = $2 where id = $1", connection) { Parameters = { new() { Value = camera }, new() { Value = line } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task TakeAsync(Station station, string line, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into stations (id, name, latitude, longitude, from_file) values ($1, $2, $3, $4, $5)
            on conflict (id) do update set name = excluded.name, latitude = excluded.latitude, longitude = excluded.longitude, from_file = excluded.from_file
            """,
            connection)
        {
            Parameters = { new() { Value = station.Id }, new() { Value = station.Name }, new() { Value = station.Latitude }, new() { Value = station.Longitude }, new() { Value = line } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        await StationZoneStore.ReplaceAsync(connection, station.Id, station.Zones, cancellationToken);
    }

    private async Task TakeAsync(string station, Camera camera, string line, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into cameras (id, station_id, lane, direction, source, masks, recognition, from_file, motion) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (id) do update set
                station_id = excluded.station_id, lane = excluded.lane, direction = excluded.direction, source = excluded.source, masks = excluded.masks,
                recognition = excluded.recognition, from_file = excluded.from_file, motion = excluded.motion
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = camera.Id },
                new() { Value = station },
                new() { Value = (object?)camera.Lane ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
                new() { Value = (object?)camera.Direction ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = secrets.Seal(camera.Source, CameraSource.Purpose) },
                new() { Value = JsonSerializer.Serialize(camera.Masks), NpgsqlDbType = NpgsqlDbType.Jsonb },
                new() { Value = JsonSerializer.Serialize(camera.Recognition ?? new CameraRecognition(), JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb },
                new() { Value = line },
                StationSetups.Motion(camera.Motion),
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
