using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Database;

namespace SmartCity.Core.Stations;

/// <summary>The stations, zones and cameras of the city file, as the file says at each start. Stations that it no longer names stay: sightings refer to them.</summary>
internal sealed class StationSeed(NpgsqlDataSource dataSource, IOptions<CoreOptions> options) : IDatabaseSeed
{
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        var stations = City.Load(options.Value.CityFile).Stations;
        var ids = stations.Select(s => s.Id).ToArray();
        var zones = stations.SelectMany(s => s.Zones.Select(z => (Station: s.Id, Zone: z))).ToArray();
        var cameras = stations.SelectMany(s => s.Cameras.Select(c => (Station: s.Id, Camera: c))).ToArray();

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new(
                    """
                    insert into stations (id, name, latitude, longitude) select * from unnest($1, $2, $3, $4)
                    on conflict (id) do update set name = excluded.name, latitude = excluded.latitude, longitude = excluded.longitude
                    """)
                {
                    Parameters =
                    {
                        new() { Value = ids },
                        new() { Value = stations.Select(s => s.Name).ToArray() },
                        new() { Value = stations.Select(s => s.Latitude).ToArray() },
                        new() { Value = stations.Select(s => s.Longitude).ToArray() },
                    },
                },
                new("delete from station_zones where station_id = any($1)") { Parameters = { new() { Value = ids } } },
                new(
                    """
                    insert into station_zones (station_id, zone, from_day, to_day)
                    select s, z, coalesce(f, '-infinity'), coalesce(t, 'infinity') from unnest($1, $2, $3, $4) as u (s, z, f, t)
                    """)
                {
                    Parameters =
                    {
                        new() { Value = zones.Select(z => z.Station).ToArray() },
                        new() { Value = zones.Select(z => z.Zone.Zone).ToArray() },
                        new() { Value = zones.Select(z => z.Zone.From).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date },
                        new() { Value = zones.Select(z => z.Zone.To).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date },
                    },
                },
                new("delete from cameras where station_id = any($1)") { Parameters = { new() { Value = ids } } },
                new(
                    """
                    insert into cameras (id, station_id, lane, direction) select * from unnest($1, $2, $3, $4)
                    on conflict (id) do update set station_id = excluded.station_id, lane = excluded.lane, direction = excluded.direction
                    """)
                {
                    Parameters =
                    {
                        new() { Value = cameras.Select(c => c.Camera.Id).ToArray() },
                        new() { Value = cameras.Select(c => c.Station).ToArray() },
                        new() { Value = cameras.Select(c => c.Camera.Lane).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
                        new() { Value = cameras.Select(c => c.Camera.Direction).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
