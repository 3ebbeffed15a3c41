using Amazon.Runtime;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using ParquetSharp;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Archive;

/// <summary>Rolls the archive when an object is full or the oldest has waited long enough, and once more at the end; compacts days that are over.</summary>
internal sealed class ArchiveWorker(
    ArchiveWriter writer,
    ArchiveCompaction compaction,
    ArchiveStatistics statistics,
    DatabaseStartup database,
    IOptions<ArchiveOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<ArchiveWorker> logger) : BackgroundService
{
    private const string Worker = "archive";
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookForDaysThatAreOver = TimeSpan.FromHours(1);

    private DateTimeOffset _compactAt;

    /// <summary>What the edges and the core still had to store is stored by now: nothing is left waiting for the next start.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (database.Ready.IsCompletedSuccessfully)
        {
            await TryAsync(token => RollAsync(DateTimeOffset.MaxValue, token), cancellationToken);
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, "waiting for the database");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        await health.KeepAsync(Worker, LoopAsync, logger, stoppingToken);
    }

    private async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RollAfter < Look ? options.Value.RollAfter : Look, time);
        do
        {
            await TryAsync(RunAsync, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await RollAsync(now - options.Value.RollAfter, cancellationToken);
        if (now >= _compactAt)
        {
            var today = DateOnly.FromDateTime((now - options.Value.CompactAfter).UtcDateTime);
            Say("Compacted", await compaction.RunAsync(today, options.Value.RollBytes, cancellationToken));
            _compactAt = now + LookForDaysThatAreOver;
        }

        var waiting = await statistics.RefreshAsync(cancellationToken);
        health.Healthy(Worker, $"{waiting} sightings wait");
    }

    private async Task RollAsync(DateTimeOffset olderThan, CancellationToken cancellationToken) =>
        Say("Archived", await writer.RollAsync(statistics.RowsOf(options.Value.RollBytes), olderThan, cancellationToken));

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or UnauthorizedAccessException or InvalidDataException or AmazonClientException or AmazonServiceException or HttpRequestException or ParquetException)
        {
            health.Degraded(Worker, $"The archive cannot be written for now: {e.Message}");
            logger.LogWarning("The archive cannot be written for now. Sightings wait in Postgres, and the core tries again: {Error}", e.Message);
        }
    }

    private void Say(string what, ArchiveRoll made)
    {
        if (made.Objects > 0)
        {
            statistics.Add(made);
            logger.LogInformation("{What} {Rows} sightings in {Objects} objects, {Bytes} bytes.", what, made.Rows, made.Objects, made.Bytes);
        }
    }
}
