using Amazon.Runtime;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using ParquetSharp;
using SmartCity.Core.Database;
using SmartCity.Core.Lake;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Archive;

/// <summary>
/// Rolls the archive when an object is full or the oldest has waited long enough, and once more at the end; compacts days that are over, lets old snapshots
/// go, and deletes what no metadata names.
/// </summary>
internal sealed class ArchiveWorker(
    ArchiveWriter writer,
    LakeFeeds feeds,
    LakeCompaction compaction,
    LakeExpiry expiry,
    LakeSweep sweep,
    ArchiveStatistics statistics,
    DatabaseStartup database,
    IOptions<ArchiveOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<ArchiveWorker> logger) : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "archive";
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookForDaysThatAreOver = TimeSpan.FromHours(1);

    private DateTimeOffset _compactAt;
    private DateTimeOffset _sweepAt;
    private string? _unkept;

    /// <summary>What the edges and the core still had to store is stored by now: nothing is left waiting for the next start.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (Database.Ready.IsCompletedSuccessfully)
        {
            try
            {
                await TryAsync(token => RollAsync(DateTimeOffset.MaxValue, token), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                Logger.LogInformation("There was no time to archive the last sightings before the end. They wait in Postgres for the next start.");
            }
        }
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RollAfter < Look ? options.Value.RollAfter : Look, time);
        do
        {
            await TryAsync(LookAsync, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await RollAsync(now - options.Value.RollAfter, cancellationToken);
        if (now >= _compactAt)
        {
            _compactAt = now + LookForDaysThatAreOver;
            _unkept = await KeepAsync(now, cancellationToken);
        }

        // What is damaged is so until somebody has seen to it.
        var waiting = await statistics.RefreshAsync(cancellationToken);
        if (_unkept is null)
        {
            Health.Healthy(Worker, $"{waiting} sightings wait");
        }
        else
        {
            Health.Degraded(Worker, $"{waiting} sightings wait, and the archive goes on being written. What it has could not all be looked after: {_unkept}");
        }
    }

    // Each of them goes on when another cannot.
    /// <returns>What could not be done and why; null if all was.</returns>
    private async Task<string?> KeepAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var errors = new List<Exception>();
        var today = DateOnly.FromDateTime((now - options.Value.CompactAfter).UtcDateTime);
        await TryAsync(() => feeds.RunAsync(today, cancellationToken));
        await TryAsync(async () => Say("Compacted", await compaction.RunAsync(today, options.Value.CompactBytes, cancellationToken)));
        await TryAsync(async () =>
        {
            var expired = await expiry.RunAsync(now - options.Value.KeepSnapshots, cancellationToken);
            if (expired.Snapshots > 0)
            {
                Logger.LogInformation("{Snapshots} old snapshots of the lake are gone, and {Files} files that only they had.", expired.Snapshots, expired.Files.Count);
            }
        });
        if (now >= _sweepAt)
        {
            await TryAsync(async () =>
            {
                await SweepAsync(cancellationToken);
                _sweepAt = now + LakeSweep.Youngest;
            });
        }

        if (errors.Count == 0)
        {
            return null;
        }

        var why = string.Join(' ', errors.Select(e => e.Message).Distinct());
        Logger.LogWarning(errors[0], "What the archive has could not all be looked after. The core tries again in an hour: {Error}", why);
        return why;

        async Task TryAsync(Func<Task> work)
        {
            try
            {
                await work();
            }
            catch (Exception e) when (IsExpected(e))
            {
                errors.Add(e);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var orphans = await sweep.FindAsync(LakeSweep.Youngest, cancellationToken);
        foreach (var orphan in orphans)
        {
            Logger.LogInformation("{Key} ({Bytes} bytes, of {At:u}) belongs to no table of the lake and is deleted.", orphan.Key, orphan.Bytes, orphan.LastModified);
        }

        await sweep.RemoveAsync(orphans, cancellationToken);
    }

    private async Task RollAsync(DateTimeOffset olderThan, CancellationToken cancellationToken) =>
        Say("Archived", await writer.RollAsync(statistics.RowsOf(options.Value.RollBytes), olderThan, cancellationToken));

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception e) when (IsExpected(e))
        {
            Health.Degraded(Worker, $"The archive cannot be written for now: {e.Message}");
            Logger.LogWarning("The archive cannot be written for now. Sightings wait in Postgres, and the core tries again: {Error}", e.Message);
        }
    }

    private static bool IsExpected(Exception e) =>
        e is NpgsqlException or IOException or UnauthorizedAccessException or InvalidDataException or LakeConflictException or AmazonClientException or AmazonServiceException or HttpRequestException or ParquetException;

    private void Say(string what, ArchiveRoll made)
    {
        if (made.Objects > 0)
        {
            statistics.Add(made);
            Logger.LogInformation("{What} {Rows} sightings in {Objects} objects, {Bytes} bytes.", what, made.Rows, made.Objects, made.Bytes);
        }
    }
}
