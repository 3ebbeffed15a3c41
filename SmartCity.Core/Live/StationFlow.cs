using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Live;

/// <summary>Rows of <c>station_flow</c>: how many vehicles passed which station when.</summary>
internal static class StationFlow
{
    /// <summary>What a row covers; steps asked for are multiples of it.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMinutes(5);

    /// <summary>Counts sightings that are new.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<SightingRecord> fresh, CancellationToken cancellationToken)
    {
        var counts = fresh.CountBy(r => (At: Floor(r.Sighting.CapturedAt), r.Sighting.StationId)).OrderBy(c => c.Key).ToList();
        if (counts.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            insert into station_flow as f (at, station_id, sightings) select * from unnest($1, $2, $3)
            on conflict (at, station_id) do update set sightings = f.sightings + excluded.sightings
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = counts.ConvertAll(c => c.Key.At).ToArray() },
                new() { Value = counts.ConvertAll(c => c.Key.StationId).ToArray() },
                new() { Value = counts.ConvertAll(c => (long)c.Value).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A day in equal steps; the day that has 25 hours has more of them.</summary>
    /// <param name="only">The stations that whoever asks is limited to; null for all.</param>
    public static async Task<FlowView> OfDayAsync(NpgsqlDataSource dataSource, ChargingCity city, DateOnly day, TimeSpan step, string[]? only, CancellationToken cancellationToken)
    {
        var (from, to) = (city.StartOf(day), city.StartOf(day.AddDays(1)));
        await using var command = dataSource.CreateCommand(
            """
            select station_id, floor(extract(epoch from at - $1) / $3)::int as step, sum(sightings)::bigint from station_flow
            where at >= $1 and at < $2 and ($4::text[] is null or station_id = any($4)) group by 1, 2 order by 1, 2
            """);
        command.Parameters.Add(new() { Value = from.ToUniversalTime() });
        command.Parameters.Add(new() { Value = to.ToUniversalTime() });
        command.Parameters.Add(new() { Value = step.TotalSeconds });
        command.Parameters.Add(TextParameter.Of(only));
        var steps = (int)Math.Ceiling((to - from) / step);
        var totals = new long[steps];
        var stations = new Dictionary<string, long[]>(StringComparer.Ordinal);
        foreach (var (station, index, count) in await command.ReadAllAsync(r => (r.GetString(0), r.GetInt32(1), r.GetInt64(2)), cancellationToken))
        {
            if (!stations.TryGetValue(station, out var counts))
            {
                stations.Add(station, counts = new long[steps]);
            }

            counts[index] = count;
            totals[index] += count;
        }

        return new FlowView(day, from, step, steps, totals, [.. stations.Select(s => new FlowOfStation(s.Key, s.Value))]);
    }

    private static DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % Step.Ticks), TimeSpan.Zero);
}
