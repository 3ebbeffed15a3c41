using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Models;

/// <summary>Gathers what people decide, begins trainings by itself where that is set, and looks after rollouts; of several cores one at a time.</summary>
internal sealed class ModelWorker(
    NpgsqlDataSource dataSource,
    ModelRegistry registry,
    LearningGatherer gatherer,
    Datasets datasets,
    TrainingRuns runs,
    TrainingProgram program,
    Rollouts rollouts,
    DatabaseStartup startup,
    IOptions<ModelOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<ModelWorker> logger) : BackgroundService
{
    private const string Worker = "models of the city";

    private static readonly TimeSpan WaitsTooLong = TimeSpan.FromMinutes(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await startup.Ready.WaitAsync(stoppingToken);
        await health.KeepAsync(Worker, RunAsync, logger, stoppingToken);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
        {
            try
            {
                await TurnAsync(stoppingToken);
                health.Healthy(Worker);
            }
            catch (Exception e) when (e is NpgsqlException or InvalidDataException)
            {
                health.Degraded(Worker, e.Message);
                logger.LogWarning("The models could not be looked after; the core tries again: {Error}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TurnAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var turn = new NpgsqlCommand("select pg_try_advisory_xact_lock(15, 1)", connection);
        if (await turn.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return;
        }

        await gatherer.RunAsync(cancellationToken);
        await rollouts.WorkAsync(cancellationToken);
        if (options.Value is not { TrainAfter: null, TrainEvery: null } && program.Missing is null && !await runs.AnyOpenAsync(cancellationToken))
        {
            await TrainAsync(cancellationToken);
        }

        await registry.SignAsync(cancellationToken);
        if (await runs.WaitsSinceAsync(cancellationToken) is { } since && time.GetUtcNow() - since > WaitsTooLong)
        {
            throw new InvalidDataException($"A training has waited since {since:u}, and no process that trains has taken it.");
        }
    }

    private async Task TrainAsync(CancellationToken cancellationToken)
    {
        var items = (await datasets.CountAsync(cancellationToken)).New;
        if (TrainingSchedule.WhyNow(options.Value, items, await runs.LastBeganAsync(cancellationToken), time.GetUtcNow()) is { } why)
        {
            var id = await runs.StartAsync(new NewTraining(), "core", cancellationToken);
            logger.LogInformation("The training {Id} waits: {Why}", id, why);
        }
    }
}
