using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Alerts;

/// <summary>Where a vehicle will probably be seen next: where the ones before it were, that passed the same station in the same direction.</summary>
internal static class NextStations
{
    // The newest so many of the last days: enough for shares, few enough for an answer within milliseconds.
    private const int Examined = 2_000;
    private const int Shown = 5;
    private static readonly TimeSpan Past = TimeSpan.FromDays(14);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);

    public static async Task<List<NextStation>> FindAsync(NpgsqlDataSource dataSource, AlertView alert, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            with gone as (
                select plate, last_at from passages
                where station_id = $1 and direction is not distinct from $2 and first_at < $3 and first_at >= $4 order by first_at desc limit $5),
            following as (
                select n.station_id, n.first_at - g.last_at as taken from gone g cross join lateral (
                    select p.station_id, p.first_at from passages p
                    where p.plate = g.plate and p.first_at > g.last_at and p.first_at <= g.last_at + $6 order by p.first_at limit 1) n
                where n.station_id <> $1)
            select s.id, s.name, s.latitude, s.longitude, (count(*) / sum(count(*)) over ())::float8 as share, percentile_disc(0.5) within group (order by f.taken)
            from following f join stations s on s.id = f.station_id group by s.id order by share desc, s.id limit $7
            """);
        foreach (var value in (object?[])[alert.StationId, alert.Direction, alert.CapturedAt, alert.CapturedAt - Past, Examined, Longest, Shown])
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        command.Parameters[1].NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text;
        return await command.ReadAllAsync(
            r => new NextStation(r.GetString(0), r.GetString(1), r.GetDouble(2), r.GetDouble(3), Math.Round(r.GetDouble(4), 3), r.GetFieldValue<TimeSpan>(5)), cancellationToken);
    }
}
