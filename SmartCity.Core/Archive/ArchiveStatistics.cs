using System.Diagnostics.Metrics;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults;

namespace SmartCity.Core.Archive;

/// <summary>What lies in the archive and what waits for it, as metrics and for the Ops page.</summary>
public sealed class ArchiveStatistics(NpgsqlDataSource dataSource)
{
    // Until something has been written; then it is measured.
    private const double AssumedBytesOfARow = 130;
    private const long FewestRows = 1_000;

    private static readonly Counter<long> Rows = Telemetry.Meter.CreateCounter<long>("smartcity.archive.rows", "{sighting}", "Sightings written to Parquet, compaction included.");
    private static readonly Counter<long> Bytes = Telemetry.Meter.CreateCounter<long>("smartcity.archive.bytes", "By", "Bytes of Parquet written, compaction included.");

    /// <summary>As of the worker's last look.</summary>
    public ArchiveFigures Newest { get; private set; } = new(0, 0, 0, 0, null);

    /// <summary>How many rows fill an object of a size, by what is written so far.</summary>
    public long RowsOf(long bytes) => Math.Max(FewestRows, (long)(bytes / (Newest.Rows > FewestRows ? (double)Newest.Bytes / Newest.Rows : AssumedBytesOfARow)));

    public void Add(ArchiveRoll made)
    {
        Rows.Add(made.Rows);
        Bytes.Add(made.Bytes);
    }

    /// <summary>Looks again; how many sightings wait.</summary>
    public async Task<long> RefreshAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select count(*), coalesce(sum(rows), 0)::bigint, coalesce(sum(bytes), 0)::bigint, (select count(*) from archive_queue), max(written_at)
            from archive_objects where state = 'written'
            """);
        Newest = (await command.ReadAllAsync(r => new ArchiveFigures(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.IsDBNull(4) ? null : r.Time(4)), cancellationToken))[0];
        return Newest.Waiting;
    }
}

/// <param name="Waiting">Sightings that are stored and not yet in an object.</param>
public sealed record ArchiveFigures(long Objects, long Rows, long Bytes, long Waiting, DateTimeOffset? WrittenAt);
