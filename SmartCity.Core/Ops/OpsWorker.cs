using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Ops;

/// <summary>Measures Kafka and Postgres every few seconds, tables every minute and objects now and then, and writes down each minute that is over.</summary>
internal sealed class OpsWorker(
    KafkaFigures kafka,
    DatabaseFigures postgres,
    StorageFigures storage,
    OpsHistory history,
    DatabaseStartup database,
    IOptions<OpsOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<OpsWorker> logger) : BackgroundService
{
    private const string Worker = "measurements";
    private const string Kafka = "Kafka";
    private const string Postgres = "Postgres";
    private const string Tables = "tables";
    private const string Objects = "objects";
    private const string Minutes = "minutes";
    private const int PauseOfCounts = 20;
    private static readonly TimeSpan TablesEvery = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        await Task.WhenAll(
            KeepAsync(Kafka, token => SayAsync(Kafka, kafka.MeasureAsync, () => kafka.Error, token), options.Value.Every, stoppingToken),
            KeepAsync(Postgres, token => SayAsync(Postgres, postgres.MeasureAsync, () => postgres.Error, token), options.Value.Every, stoppingToken),
            KeepAsync(Tables, token => SayAsync(Tables, CountTablesAsync, () => null, token), TablesEvery, stoppingToken),
            health.KeepAsync(Name(Objects), CountObjectsAsync, logger, stoppingToken),
            health.KeepAsync(Name(Minutes), KeepMinutesAsync, logger, stoppingToken));
    }

    private async Task SayAsync(string of, Func<CancellationToken, Task> measure, Func<string?> error, CancellationToken cancellationToken)
    {
        await measure(cancellationToken);
        Say(of, error());
    }

    private void Say(string of, string? error)
    {
        if (error is not null)
        {
            health.Degraded(Name(of), error);
        }
        else
        {
            health.Healthy(Name(of));
        }
    }

    // What is measured of one thing is no reason to know nothing of the others.
    private Task KeepAsync(string of, Func<CancellationToken, Task> measure, TimeSpan every, CancellationToken stoppingToken) =>
        health.KeepAsync(
            Name(of),
            async token =>
            {
                using var timer = new PeriodicTimer(every, time);
                do
                {
                    await measure(token);
                }
                while (await timer.WaitForNextTickAsync(token));
            },
            logger,
            stoppingToken);

    private static string Name(string of) => $"{Worker} of {of}";

    private async Task CountTablesAsync(CancellationToken cancellationToken)
    {
        try
        {
            await postgres.CountTablesAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            logger.LogWarning("The sizes of the tables in Postgres could not be measured: {Error}", e.Message);
        }
    }

    private async Task CountObjectsAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var started = time.GetTimestamp();
            await storage.CountAsync(stoppingToken);
            Say(Objects, storage.Error);
            var pause = PauseOfCounts * time.GetElapsedTime(started);
            await Task.Delay(pause > options.Value.CountEvery ? pause : options.Value.CountEvery, time, stoppingToken);
        }
    }

    private async Task KeepMinutesAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            var end = OpsHistory.Minute(now).AddMinutes(1);
            await Task.Delay(end - now, time, stoppingToken);
            history.Close(end.AddMinutes(-1));
            try
            {
                await history.WriteAsync(stoppingToken);
                Say(Minutes, null);
            }
            catch (NpgsqlException e)
            {
                Say(Minutes, e.Message);
                logger.LogWarning("The figures of the last minutes could not be stored; the core tries again: {Error}", e.Message);
            }
        }
    }
}
