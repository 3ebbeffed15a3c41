using Npgsql;
using NpgsqlTypes;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Charges;
using SmartCity.Core.Retention;

namespace SmartCity.Core.Reports;

/// <summary>
/// Counts the days that are over for the reports, the newest first, and again those of which something came later. Days of which Postgres keeps
/// no passages any more stay as they were counted.
/// </summary>
/// <remarks>It works in the archive's turn: a day becomes due in the transaction that takes what changed it off the queue for the lake, and never while it is being counted.</remarks>
internal sealed class ReportDays(NpgsqlDataSource dataSource, ReportRuns runs, ChargingCity city, TimeProvider time)
{
    /// <summary>How long after a day's end it is counted: what cameras saw shortly before midnight is there by then.</summary>
    public static readonly TimeSpan ClosedAfter = TimeSpan.FromHours(2);

    // A sighting may belong to a passage that began so long before, on the day before.
    private static readonly TimeSpan MayHaveBegun = TimeSpan.FromMinutes(30);

    internal const string WaitingCharges = "select c.day from lake_charges w join charge_entries c on c.id = w.entry_id";
    internal const string WaitingTraffic = "select (w.captured_at at time zone (select time_zone from city))::date from archive_queue w where w.captured_at >= $5 and w.captured_at < $6";
    internal const string FirstPassage = "select (min(first_at) at time zone (select time_zone from city))::date from passages";
    internal const string FirstCharge = "select min(day) from charge_entries";

    /// <summary>Days of which these sightings are, in the transaction that archives them.</summary>
    public static async Task DueAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, DateTimeOffset first, DateTimeOffset last, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into report_days_due
            select 'traffic', d::date from (select time_zone as zone from city) c, generate_series(($1 at time zone c.zone)::date, ($2 at time zone c.zone)::date, interval '1 day') d
            on conflict do nothing
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = (first - MayHaveBegun).UtcDateTime }, new() { Value = last.UtcDateTime } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Days of these lines of the ledger, in the transaction that takes them to the lake.</summary>
    public static async Task DueAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<DateOnly> days, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("insert into report_days_due select 'charges', d from unnest($1) as d on conflict do nothing", connection, transaction)
        {
            Parameters = { new() { Value = days.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Counts one day that is due.</summary>
    /// <returns>The day; null when none is due, or another core is at work.</returns>
    public async Task<DateOnly?> CountNextAsync(CancellationToken cancellationToken)
    {
        await using var turn = await ArchiveTurn.TryTakeAsync(dataSource, cancellationToken);
        if (turn is null || await NextAsync(cancellationToken) is not var (part, day))
        {
            return null;
        }

        var range = new ReportRange(day, day, city);
        var counted = new List<(string Report, string Rows)>();
        foreach (var report in ReportSlice.Days.Where(r => r.Part == part))
        {
            counted.Add((report.Name, await runs.RunAsync((data, token) => report.CountAsync(data, range, token), cancellationToken)));
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var store = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("insert into report_days (report, day, rows) select r, $1, j::jsonb from unnest($2, $3) as t (r, j) on conflict (report, day) do update set rows = excluded.rows, counted_at = now()")
                {
                    Parameters = { new() { Value = day }, new() { Value = counted.Select(c => c.Report).ToArray() }, new() { Value = counted.Select(c => c.Rows).ToArray() } },
                },
                new("delete from report_days_due where part = $1 and day = $2") { Parameters = { new() { Value = part }, new() { Value = day } } },
            },
        };
        await store.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return day;
    }

    private async Task<(string Part, DateOnly Day)?> NextAsync(CancellationToken cancellationToken)
    {
        // The last day that is over.
        var last = city.DayOf(time.GetUtcNow() - ClosedAfter).AddDays(-1);
        await using var command = dataSource.CreateCommand(
            $"""
            with parts (part, first, reports) as (values ('traffic', ({FirstPassage}), $2), ('charges', ({FirstCharge}), $3)),
            kept as (select part, case when part = 'traffic' and first is not null then greatest(first, (select $1 - days + 2 from retention where kind = $4)) else first end as first, reports from parts)
            select k.part, d.day from kept k, lateral (
                select u.day from report_days_due u where u.part = k.part and u.day >= k.first and u.day <= $1
                union all
                select m::date from generate_series(k.first, $1, interval '1 day') m
                where (select count(*) from report_days s where s.day = m::date and s.report = any (k.reports)) < cardinality(k.reports)) d
            order by d.day desc, k.part limit 1
            """);
        foreach (var value in (object[])[last, Names(DayReport.Traffic), Names(DayReport.Charges), RetentionRules.Sightings])
        {
            command.Parameters.Add(new() { Value = value });
        }

        var next = await command.ReadAllAsync(r => (r.GetString(0), r.GetFieldValue<DateOnly>(1)), cancellationToken);
        return next.Count == 0 ? null : next[0];
    }

    private static string[] Names(string part) => [.. ReportSlice.Days.Where(r => r.Part == part).Select(r => r.Name)];
}
