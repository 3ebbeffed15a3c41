using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;

namespace SmartCity.Core.Reports;

/// <summary>
/// Counts the days that are over for the reports, the newest first, and again those of which something came or changed later. Days of which retention has removed
/// something stay as they were counted. What changes while a day is counted leaves a newer mark, and the day is counted again.
/// </summary>
internal sealed class ReportDays(NpgsqlDataSource dataSource, PostgresConnection postgres, IOptions<ReportOptions> options, ChargingCity city, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    /// <summary>How long after a day's end it is counted: whoever set out shortly before midnight has arrived by then, and has been archived.</summary>
    public static readonly TimeSpan ClosedAfter = TimeSpan.FromHours(4);

    private const long Turn = 0x5265706f7274;

    // A day that cannot be counted holds up no other.
    private static readonly TimeSpan AgainAfter = TimeSpan.FromHours(1);

    // Nobody's report waits for it.
    private readonly ReportRuns _runs = new(postgres, Options.Create(new ReportOptions { AtOnce = 1, Timeout = options.Value.Timeout, WorkMemory = options.Value.WorkMemory }), loggers);
    private readonly Dictionary<(string Part, DateOnly Day), DateTimeOffset> _failed = [];

    /// <summary>Days that could not be counted, and are tried again later.</summary>
    public int Failed => _failed.Count;

    /// <summary>Counts one day that is due.</summary>
    /// <returns>The day, or null when none is due; whether another core counts.</returns>
    /// <remarks>Whatever it throws, the day is tried again later, and others are counted meanwhile.</remarks>
    public async Task<(DateOnly? Day, bool IsOthers)> CountNextAsync(CancellationToken cancellationToken)
    {
        await using var turn = await AdvisoryTurn.TryTakeAsync(dataSource, Turn, cancellationToken);
        if (turn is null)
        {
            return (null, true);
        }

        var now = time.GetUtcNow();
        foreach (var (failed, _) in _failed.Where(f => f.Value <= now).ToList())
        {
            _failed.Remove(failed);
        }

        if (await NextAsync(cancellationToken) is not var (part, day, mark))
        {
            return (null, false);
        }

        try
        {
            await CountAsync(part, day, mark, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _failed[(part, day)] = now + AgainAfter;
            throw;
        }

        return (day, false);
    }

    public ValueTask DisposeAsync() => _runs.DisposeAsync();

    private async Task CountAsync(string part, DateOnly day, long? mark, CancellationToken cancellationToken)
    {
        var range = new ReportRange(day, day, city.Today(time), city);
        foreach (var report in ReportSlice.Days.Where(r => r.Part == part))
        {
            var rows = await _runs.RunAsync((data, token) => report.CountAsync(data, range, token), cancellationToken);
            await using var store = dataSource.CreateCommand("insert into report_days (report, day, rows) values ($1, $2, $3) on conflict (report, day) do update set rows = excluded.rows, counted_at = now()");
            foreach (var value in (object[])[report.Name, day])
            {
                store.Parameters.Add(new() { Value = value });
            }

            store.Parameters.Add(new() { Value = rows, NpgsqlDbType = NpgsqlDbType.Json });
            await store.ExecuteNonQueryAsync(cancellationToken);
        }

        if (mark is { } seen)
        {
            await using var done = dataSource.CreateCommand("delete from report_days_due where part = $1 and day = $2 and mark = $3");
            foreach (var value in (object[])[part, day, seen])
            {
                done.Parameters.Add(new() { Value = value });
            }

            await done.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task<(string Part, DateOnly Day, long? Mark)?> NextAsync(CancellationToken cancellationToken)
    {
        // The last day that is over. Days are numbered from the floor: a session's own midnights have no part in it.
        var last = city.DayOf(time.GetUtcNow() - ClosedAfter).AddDays(-1);
        await using var command = dataSource.CreateCommand(
            """
            with parts (part, floor, reports) as (values ('traffic', report_floor('traffic', $4), $2), ('charges', report_floor('charges', $4), $3))
            select p.part, d.day, d.mark from parts p, lateral (
                select u.day, u.mark from report_days_due u where u.part = p.part and u.day >= p.floor and u.day <= $1
                union all
                select p.floor + n, null from generate_series(0, $1 - p.floor) n
                where (select count(*) from report_days s where s.day = p.floor + n and s.report = any (p.reports)) < cardinality(p.reports)
                  and not exists (select from report_days_due u where u.part = p.part and u.day = p.floor + n)) d
            where not exists (select from unnest($5, $6) as f (part, day) where f.part = p.part and f.day = d.day)
            order by d.day desc, p.part limit 1
            """);
        foreach (var value in (object[])[last, Names(DayReport.Traffic), Names(DayReport.Charges), city.Today(time), _failed.Keys.Select(f => f.Part).ToArray()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        command.Parameters.Add(new() { Value = _failed.Keys.Select(f => f.Day).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        var next = await command.ReadAllAsync(r => (r.GetString(0), r.GetFieldValue<DateOnly>(1), r.IsDBNull(2) ? (long?)null : r.GetInt64(2)), cancellationToken);
        return next.Count == 0 ? null : next[0];
    }

    private static string[] Names(string part) => [.. ReportSlice.Days.Where(r => r.Part == part).Select(r => r.Name)];
}
