using System.Diagnostics.Metrics;
using Npgsql;
using SmartCity.Core.Lake;
using SmartCity.ServiceDefaults;

namespace SmartCity.Core.Archive;

/// <summary>What lies in the archive and what waits for it, as metrics and for the Ops page.</summary>
public sealed class ArchiveStatistics(NpgsqlDataSource dataSource, CityLake lake)
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
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select (select count(*) from archive_queue) + (select coalesce(sum(rows), 0) from archive_batches)::bigint", connection);
        var waiting = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        var snapshot = (await lake.Sightings.LoadAsync(connection, null, cancellationToken))?.Metadata.CurrentSnapshot;
        Newest = snapshot is null
            ? new ArchiveFigures(0, 0, 0, waiting, null)
            : new ArchiveFigures(snapshot.Figure("total-data-files"), snapshot.Figure("total-records"), snapshot.Figure("total-files-size"), waiting, snapshot.At);
        return Newest.Waiting;
    }
}

/// <param name="Waiting">Sightings that are stored and not yet in an object.</param>
public sealed record ArchiveFigures(long Objects, long Rows, long Bytes, long Waiting, DateTimeOffset? WrittenAt);
