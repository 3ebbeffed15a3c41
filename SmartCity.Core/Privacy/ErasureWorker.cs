using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Core.Database;
using SmartCity.Core.Lake;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Privacy;

/// <summary>Erases plates that somebody asked to be erased, one after the other, also after a crash. If there are several cores, only one does this.</summary>
internal sealed class ErasureWorker(NpgsqlDataSource dataSource, Erasures erasures, ErasureSteps steps, DatabaseStartup database, WorkerHealth health, TimeProvider time, ILogger<ErasureWorker> logger) : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "erasure";

    private const long Turn = 0x4572617375726573;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Runs as soon as may be.</summary>
    public void Ask() => _asked.Writer.TryWrite(true);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
        while (true)
        {
            try
            {
                await EraseAsync(stoppingToken);
            }
            catch (NpgsqlException e)
            {
                Health.Degraded(Worker, $"Plates that are to be erased wait: {e.Message}");
                Logger.LogWarning("Plates that are to be erased wait: {Error}", e.Message);
            }

            if (await Task.WhenAny(tick, _asked.Reader.WaitToReadAsync(stoppingToken).AsTask()) == tick)
            {
                await tick;
                tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            }

            _asked.Reader.TryRead(out _);
        }
    }

    private async Task EraseAsync(CancellationToken cancellationToken)
    {
        await using var turn = await AdvisoryTurn.TryTakeAsync(dataSource, Turn, cancellationToken);
        if (turn is null)
        {
            return;
        }

        var faults = 0;
        foreach (var (id, plate) in await erasures.WaitingAsync(cancellationToken))
        {
            faults += await OneAsync(id, plate, cancellationToken) ? 0 : 1;
        }

        if (faults == 0)
        {
            Health.Healthy(Worker);
        }
        else
        {
            Health.Degraded(Worker, $"{faults} {(faults == 1 ? "plate" : "plates")} could not be erased yet; Administration, Privacy says why.");
        }
    }

    private async Task<bool> OneAsync(Guid id, string plate, CancellationToken cancellationToken)
    {
        try
        {
            return await steps.RunAsync(id, plate, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException and not NpgsqlException { IsTransient: true })
        {
            Logger.LogError(e, "Erasure {Erasure} is not done and is tried again.", id);
            await erasures.FailedAsync(id, e.Message, cancellationToken);
            return false;
        }
    }
}
