using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Core.Api;

namespace SmartCity.Core.Reports;

/// <summary>
/// The days of a report: as they were counted when they were over, and counted now where they were not, or where something of them has come or changed since. Days of which
/// retention has removed something are as they were counted before.
/// </summary>
/// <param name="Days">In their order.</param>
/// <param name="Notes">Says which days are not in it.</param>
internal sealed record CountedDays<T>(IReadOnlyList<(DateOnly Day, List<T> Rows)> Days, IReadOnlyList<string> Notes)
{
    public IEnumerable<T> Rows => Days.SelectMany(d => d.Rows);
}

/// <inheritdoc cref="CountedDays{T}"/>
internal static class CountedDays
{
    /// <summary>Days that are counted while somebody waits, the newest; of the others what was counted before is told, until the core has counted them anew.</summary>
    public const int MostUncounted = 31;

    // A day that retention has touched cannot be counted any more: what was counted holds.
    private const string Stored =
        """
        select day, rows::text from report_days
        where report = $1 and day >= $2 and day <= $3 and (day < (select report_floor($4, $7)) or day not in (
            select day from report_days_due where part = $4
            union all
            select c.day from lake_charges w join charge_entries c on c.id = w.entry_id where $4 = 'charges' and c.day >= $2 and c.day <= $3
            union all
            select t from (
                select date_trunc('hour', captured_at) from archive_queue where $4 = 'traffic' and captured_at >= $5 and captured_at < $6
                union
                select generate_series(date_trunc('hour', from_at), to_at, interval '1 hour') from archive_batches where $4 = 'traffic' and to_at >= $5 and from_at < $6
            ) h (hour), report_days_touched(h.hour) t))
        order by day
        """;

    // Further than the reach of a sighting over midnight.
    private static readonly TimeSpan Reach = TimeSpan.FromHours(5);

    /// <inheritdoc cref="CountedDays{T}"/>
    /// <exception cref="DaysNotCountedException">Too many of the days are still to be counted.</exception>
    public static async Task<CountedDays<T>> ReadAsync<T>(NpgsqlDataSource dataSource, DayReport<T> report, ReportRange range, CancellationToken cancellationToken)
    {
        var days = new List<(DateOnly Day, List<T> Rows)>();
        var notes = await ReadAsync(dataSource, report, range, (day, rows) => days.Add((day, rows)), cancellationToken);
        return new CountedDays<T>([.. days.OrderBy(d => d.Day)], notes);
    }

    /// <summary>Day by day, in no order: none is kept.</summary>
    /// <inheritdoc cref="ReadAsync{T}(NpgsqlDataSource, DayReport{T}, ReportRange, CancellationToken)"/>
    public static async Task<IReadOnlyList<string>> ReadAsync<T>(NpgsqlDataSource dataSource, DayReport<T> report, ReportRange range, Action<DateOnly, List<T>> each, CancellationToken cancellationToken)
    {
        var missing = Enumerable.Range(0, range.Days).Select(range.First.AddDays).ToHashSet();
        await using (var command = dataSource.CreateCommand(Stored))
        {
            foreach (var value in (object[])[report.Name, range.First, range.Last, report.Part, range.From - Reach, range.To + Reach, range.Today])
            {
                command.Parameters.Add(new() { Value = value });
            }

            await foreach (var (day, rows) in command.StreamAsync(r => (r.GetFieldValue<DateOnly>(0), DayReport<T>.Read(r.GetString(1))), cancellationToken))
            {
                missing.Remove(day);
                each(day, rows);
            }
        }

        missing.RemoveWhere(d => d > range.Today);
        var notes = new List<string>();
        if (missing.Count > 0)
        {
            var (floor, first) = await FloorAsync(dataSource, report.Part, range.Today, cancellationToken);
            var removed = missing.Count(d => d < floor && d >= first);
            missing.RemoveWhere(d => floor is null || d < floor);
            if (removed > 0)
            {
                notes.Add(string.Create(CultureInfo.InvariantCulture, $"Not in it: {removed} days before {floor:yyyy-MM-dd}, which were not counted before retention removed their sightings, or was about to."));
            }
        }

        if (missing.Count > MostUncounted && await FormerAsync(dataSource, report, [.. missing.OrderDescending().Skip(MostUncounted)], each, cancellationToken) is { Count: > 0 } former)
        {
            missing.ExceptWith(former);
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{former.Count} days, the first of them {former.Min():yyyy-MM-dd}, are being counted anew, because something of them came late: until then they are in it as they were counted before."));
        }

        if (missing.Count > MostUncounted)
        {
            throw new DaysNotCountedException(string.Create(CultureInfo.InvariantCulture, $"{missing.Count} of the days are still to be counted, the first of them {missing.Min():yyyy-MM-dd}. Ask again later, or for at most {MostUncounted} of them."));
        }

        foreach (var day in missing.Order())
        {
            each(day, await report.RowsAsync(dataSource, range.Of(day), cancellationToken));
        }

        return notes;
    }

    // As they were counted before something of them came.
    private static async Task<List<DateOnly>> FormerAsync<T>(NpgsqlDataSource dataSource, DayReport<T> report, DateOnly[] days, Action<DateOnly, List<T>> each, CancellationToken cancellationToken)
    {
        var found = new List<DateOnly>();
        await using var command = dataSource.CreateCommand("select day, rows::text from report_days where report = $1 and day = any($2)");
        command.Parameters.Add(new() { Value = report.Name });
        command.Parameters.Add(new() { Value = days, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        await foreach (var (day, rows) in command.StreamAsync(r => (r.GetFieldValue<DateOnly>(0), DayReport<T>.Read(r.GetString(1))), cancellationToken))
        {
            found.Add(day);
            each(day, rows);
        }

        return found;
    }

    // The first day of which all is there, and the first of which anything is.
    private static async Task<(DateOnly? Floor, DateOnly? First)> FloorAsync(NpgsqlDataSource dataSource, string part, DateOnly today, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select report_floor($1, $2), case when $1 = 'charges' then report_floor($1, $2) else (select (min(first_at) at time zone (select time_zone from city))::date from passages) end");
        command.Parameters.Add(new() { Value = part });
        command.Parameters.Add(new() { Value = today, NpgsqlDbType = NpgsqlDbType.Date });
        static DateOnly? Day(NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetFieldValue<DateOnly>(i);
        return (await command.ReadAllAsync(r => (Day(r, 0), Day(r, 1)), cancellationToken))[0];
    }
}

/// <summary>The message says which days, and what to do.</summary>
internal sealed class DaysNotCountedException(string message) : Exception(message);
