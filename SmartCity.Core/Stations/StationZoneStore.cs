using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Api;

namespace SmartCity.Core.Stations;

/// <summary>Which zones a station belongs to, from day to day. An open end is infinity in the table and null outside.</summary>
internal static class StationZoneStore
{
    public static async Task<IReadOnlyList<ZoneMembership>> ReadAsync(NpgsqlConnection connection, string station, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select zone, nullif(from_day, '-infinity'), nullif(to_day, 'infinity') from station_zones where station_id = $1 order by from_day, zone", connection)
        {
            Parameters = { new() { Value = station } },
        };
        return await command.ReadAllAsync(r => new ZoneMembership(r.GetString(0), Day(r, 1), Day(r, 2)), cancellationToken);
    }

    public static async Task ReplaceAsync(NpgsqlConnection connection, string station, IReadOnlyList<ZoneMembership> zones, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("delete from station_zones where station_id = $1") { Parameters = { new() { Value = station } } },
                new(
                    """
                    insert into station_zones (station_id, zone, from_day, to_day)
                    select $1, z, coalesce(f, '-infinity'), coalesce(t, 'infinity') from unnest($2, $3, $4) as u (z, f, t)
                    """)
                {
                    Parameters =
                    {
                        new() { Value = station },
                        new() { Value = zones.Select(z => z.Zone).ToArray() },
                        new() { Value = zones.Select(z => z.From).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date },
                        new() { Value = zones.Select(z => z.To).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public static DateOnly? Day(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateOnly>(column);
}
