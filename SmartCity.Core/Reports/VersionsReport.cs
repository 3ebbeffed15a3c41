using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Reports;

/// <summary>How well each version of the reader reads, day by day and station by station.</summary>
internal static class VersionsReport
{
    public static readonly DayReport<VersionDay> Day = new("versions.1", DayReport.Traffic, DayAsync);

    public static readonly string[] Columns = ["day", "version", "station", "sightings", "read", "reviewed", "corrected"];

    public static object?[] Values(VersionsRow r) => [r.Day, r.Version, r.StationId, r.Sightings, r.Read, r.Reviewed, r.Corrected];

    public static async Task<Report<VersionsRow>> RunAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        var days = await CountedDays.ReadAsync(dataSource, Day, range, cancellationToken);
        return new Report<VersionsRow>(
            range.First,
            range.Last,
            [
                .. days.Days.SelectMany(d => d.Rows.Select(r => new VersionsRow(d.Day, r.Version, r.Station, r.Sightings, r.Read, r.Reviewed, r.Corrected)))
                    .OrderBy(r => r.Day).ThenBy(r => r.Version, StringComparer.Ordinal).ThenBy(r => r.StationId, StringComparer.Ordinal),
            ],
            ["The share read counts what the camera read by itself. A reading is only known to be wrong if a person has looked at it, and people mostly look at doubtful ones.", .. days.Notes]);
    }

    private static async Task<List<VersionDay>> DayAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken)
    {
        // As of the cameras: what was read counts, not what a person made of it; of several decisions on a reading the last holds.
        await using var command = TrafficReports.Over(
            dataSource, day,
            """
            select coalesce(s.reader_version, 'unknown'), s.station_id, count(*), count(case when s.reviewed_at is null then s.plate else s.read_plate end), count(r.decision), count(r.decision) filter (where r.decision <> 'confirmed')
            from sightings s
            left join (select distinct on (sighting_id) sighting_id, decision from reviewed_reads where captured_at >= $1 and captured_at < $2 order by sighting_id, reviewed_at desc) r on r.sighting_id = s.id
            where s.captured_at >= $1 and s.captured_at < $2 group by 1, 2
            """);
        return await command.ReadAllAsync(r => new VersionDay(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5)), cancellationToken);
    }
}

internal sealed record VersionDay(string Version, string Station, long Sightings, long Read, long Reviewed, long Corrected);
