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
    private const int PauseOfCounts = 20;
    private static readonly TimeSpan TablesEvery = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        await Task.WhenAll(
            RepeatAsync(kafka.MeasureAsync, options.Value.Every, stoppingToken),
            RepeatAsync(MeasureAsync, options.Value.Every, stoppingToken),
            RepeatAsync(CountTablesAsync, TablesEvery, stoppingToken),
            CountObjectsAsync(stoppingToken),
            KeepMinutesAsync(stoppingToken));
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await postgres.MeasureAsync(cancellationToken);
        if ((kafka.Error ?? postgres.Error ?? storage.Error) is { } error)
        {
            health.Degraded(Worker, error);
        }
        else
        {
            health.Healthy(Worker);
        }
    }

    private async Task RepeatAsync(Func<CancellationToken, Task> measure, TimeSpan every, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(every, time);
        do
        {
            await measure(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

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
            }
            catch (NpgsqlException e)
            {
                logger.LogWarning("The figures of the last minutes could not be stored; the core tries again: {Error}", e.Message);
            }
        }
    }
}
