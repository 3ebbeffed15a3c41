using System.Collections.Concurrent;
using System.Globalization;
using DuckDB.NET.Data;
using Npgsql;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Tables;

/// <summary>Whether a time zone is the same in Postgres, in DuckDB and here: each has a list of zones of its own, and they are not of one age. Asked once for each zone.</summary>
internal sealed class KnownZones(NpgsqlDataSource dataSource)
{
    private const long Week = 7 * 86_400;
    private const long Microseconds = 1_000_000;

    private static readonly long[] Moments = [.. Enumerable.Range(0, (int)(int.MaxValue / Week)).Select(w => w * Week)];

    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <exception cref="NotForTheLakeException">One of them is not the same.</exception>
    public async Task NeedAsync(IEnumerable<string> zones, CancellationToken cancellationToken)
    {
        foreach (var zone in zones.Where(z => z is not ("UTC" or "GMT")).Distinct())
        {
            if (!_known.TryGetValue(zone, out var isSame))
            {
                _known[zone] = isSame = await IsSameAsync(zone, cancellationToken);
            }

            if (!isSame)
            {
                throw new NotForTheLakeException($"the time zone {zone} is another in the lake than in Postgres");
            }
        }
    }

    private async Task<bool> IsSameAsync(string zone, CancellationToken cancellationToken)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var own))
        {
            return false;
        }

        var here = Moments.Select(m => (long)own.GetUtcOffset(DateTimeOffset.FromUnixTimeSeconds(m)).TotalSeconds);
        return here.SequenceEqual(await OfPostgresAsync(zone, cancellationToken)) && OfDuck(zone) is { } duck && here.SequenceEqual(duck);
    }

    private async Task<long[]> OfPostgresAsync(string zone, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select array_agg(extract(epoch from (to_timestamp(s) at time zone $1) - (to_timestamp(s) at time zone 'UTC'))::bigint order by s) from unnest($2) as s");
        command.Parameters.Add(new() { Value = zone });
        command.Parameters.Add(new() { Value = Moments });
        return (long[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <returns>Null if it does not know the zone.</returns>
    private static List<long>? OfDuck(string zone)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        var moments = string.Join(", ", Moments.Select(m => (m * Microseconds).ToString(CultureInfo.InvariantCulture)));
        command.CommandText = $"SELECT (epoch_us(timezone({Translator.Quote(zone)}, make_timestamptz(CAST(m AS BIGINT)))) - m) // {Microseconds} FROM (SELECT unnest([{moments}]) AS m) ORDER BY m";
        try
        {
            using var reader = command.ExecuteReader();
            var offsets = new List<long>(Moments.Length);
            while (reader.Read())
            {
                offsets.Add(Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture));
            }

            return offsets;
        }
        catch (DuckDBException)
        {
            return null; // it has no such zone
        }
    }
}
