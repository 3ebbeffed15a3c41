using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Reports;

/// <summary>How well each camera reads.</summary>
internal static class ReadsReport
{
    public static readonly DayReport<ReadsDay> Day = new("reads.1", DayReport.Traffic, DayAsync);

    public static readonly string[] Columns = ["station", "camera", "sightings", "read", "meanConfidence", "reviewed", "corrected"];

    public static object?[] Values(ReadsRow r) => [r.StationId, r.CameraId, r.Sightings, r.Read, r.MeanConfidence, r.Reviewed, r.Corrected];

    public static async Task<Report<ReadsRow>> RunAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        var days = await CountedDays.ReadAsync(dataSource, Day, range, cancellationToken);
        return new Report<ReadsRow>(
            range.First,
            range.Last,
            [
                .. days.Rows.GroupBy(r => (r.Station, r.Camera)).OrderBy(g => g.Key.Station, StringComparer.Ordinal).ThenBy(g => g.Key.Camera, StringComparer.Ordinal)
                    .Select(g => new ReadsRow(
                        g.Key.Station, g.Key.Camera, g.Sum(r => r.Sightings), g.Sum(r => r.Read), g.Sum(r => r.Read) is > 0 and var read ? Math.Round(g.Sum(r => r.Confidence) / read, 4) : null, g.Sum(r => r.Reviewed), g.Sum(r => r.Corrected))),
            ],
            ["The share read counts what the camera read by itself. A reading is only known to be wrong if a person has looked at it.", .. days.Notes]);
    }

    private static async Task<List<ReadsDay>> DayAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken)
    {
        // What the camera read counts, not what a person made of it; of several decisions on a reading the last holds.
        await using var command = TrafficReports.Over(
            dataSource, day,
            """
            select s.station_id, s.camera_id, s.sightings, s.read, s.confidence, coalesce(r.reviewed, 0), coalesce(r.corrected, 0)
            from (select station_id, camera_id, count(*) as sightings, count(camera_read) as read, coalesce(sum(confidence) filter (where camera_read is not null), 0)::float8 as confidence
                  from (select station_id, camera_id, confidence, case when reviewed_at is null then plate else read_plate end as camera_read
                        from sightings where captured_at >= $1 and captured_at < $2) x group by 1, 2) s
            left join (select station_id, camera_id, count(*) as reviewed, count(*) filter (where decision <> 'confirmed') as corrected
                       from (select distinct on (sighting_id) sighting_id, station_id, camera_id, decision from reviewed_reads
                             where captured_at >= $1 and captured_at < $2 order by sighting_id, reviewed_at desc) last group by 1, 2) r
              on r.station_id = s.station_id and r.camera_id = s.camera_id
            """);
        return await command.ReadAllAsync(r => new ReadsDay(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetDouble(4), r.GetInt64(5), r.GetInt64(6)), cancellationToken);
    }
}

/// <param name="Confidence">Sum over the plates that were read.</param>
internal sealed record ReadsDay(string Station, string Camera, long Sightings, long Read, double Confidence, long Reviewed, long Corrected);
