using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Reports;

/// <summary>
/// The days of a report: as they were counted when they were over, and counted now where they were not, or where something of them came since. So a report is as
/// exact as the database is, however many days it has.
/// </summary>
internal static class CountedDays
{
    /// <summary>Days that are counted while somebody waits.</summary>
    public const int MostUncounted = 31;

    /// <exception cref="DaysNotCountedException">Too many of the days are still to be counted.</exception>
    public static async Task<List<(DateOnly Day, List<T> Rows)>> ReadAsync<T>(NpgsqlDataSource dataSource, DayReport<T> report, ReportRange range, CancellationToken cancellationToken)
    {
        var days = await StoredAsync(dataSource, report, range, cancellationToken);
        var missing = Enumerable.Range(0, range.Days).Select(range.First.AddDays).Where(d => !days.ContainsKey(d)).ToList();
        if (missing.Count > MostUncounted && await BeginsAsync(dataSource, report, range, cancellationToken) is var begins)
        {
            // Of what is kept no more, or was never there, nothing can be counted.
            missing.RemoveAll(d => d < begins);
            if (missing.Count > MostUncounted)
            {
                throw new DaysNotCountedException($"{missing.Count} days from {missing[0]:yyyy-MM-dd} on are still to be counted, which goes on by itself. Ask for at most {MostUncounted} of them, or ask again later.");
            }
        }

        foreach (var day in missing)
        {
            days[day] = await report.RowsAsync(dataSource, range.Of(day), cancellationToken);
        }

        return [.. days.OrderBy(d => d.Key).Select(d => (d.Key, d.Value))];
    }

    private static async Task<Dictionary<DateOnly, List<T>>> StoredAsync<T>(NpgsqlDataSource dataSource, DayReport<T> report, ReportRange range, CancellationToken cancellationToken)
    {
        // What waits for the lake has changed its day since it was counted.
        await using var command = dataSource.CreateCommand(
            $"""
            select day, rows::text from report_days
            where report = $1 and day >= $2 and day <= $3 and day not in (
                select day from report_days_due where part = $4
                union all {(report.Part == DayReport.Charges ? ReportDays.WaitingCharges : ReportDays.WaitingTraffic)})
            """);
        foreach (var value in (object[])[report.Name, range.First, range.Last, report.Part])
        {
            command.Parameters.Add(new() { Value = value });
        }

        if (report.Part == DayReport.Traffic)
        {
            command.Parameters.Add(new() { Value = range.From });
            command.Parameters.Add(new() { Value = range.To });
        }

        return (await command.ReadAllAsync(r => (Day: r.GetFieldValue<DateOnly>(0), Rows: r.GetString(1)), cancellationToken)).ToDictionary(d => d.Day, d => DayReport<T>.Read(d.Rows));
    }

    private static async Task<DateOnly> BeginsAsync(NpgsqlDataSource dataSource, DayReport report, ReportRange range, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(report.Part == DayReport.Charges ? ReportDays.FirstCharge : ReportDays.FirstPassage);
        return await command.ExecuteScalarAsync(cancellationToken) is DateOnly first ? first : range.Last;
    }
}

/// <summary>The message says which days, and what to do.</summary>
internal sealed class DaysNotCountedException(string message) : Exception(message);
