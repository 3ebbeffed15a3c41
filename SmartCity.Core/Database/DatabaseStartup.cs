using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Polly;
using Polly.Retry;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Database;

/// <summary>
/// Migrates the database at start and then fills it with what the configuration names. Workers that touch the database
/// begin with <c>await startup.Ready.WaitAsync(stoppingToken)</c>. A database that is not there yet is waited for.
/// </summary>
public sealed class DatabaseStartup(
    PostgresConnection postgres,
    IEnumerable<IDatabaseSeed> seeds,
    WorkerHealth health,
    ILogger<DatabaseStartup> logger) : BackgroundService
{
    private const string Worker = "database";

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the schema and the seeds are there.</summary>
    public Task Ready => _ready.Task;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, "waiting for Postgres");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var retry = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>(e => e is not PostgresException p || p.IsTransient),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
                OnRetry = attempt =>
                {
                    health.Starting(Worker, $"Postgres is not there yet: {attempt.Outcome.Exception?.Message}");
                    logger.LogWarning("Postgres is not there yet (attempt {Attempt}): {Error}", attempt.AttemptNumber + 1, attempt.Outcome.Exception?.Message);
                    return ValueTask.CompletedTask;
                },
            }).Build();
            await retry.ExecuteAsync(PrepareAsync, stoppingToken);
            health.Healthy(Worker);
            _ready.SetResult();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            _ready.TrySetCanceled(stoppingToken);
        }
        catch (Exception e)
        {
            health.Failed(Worker, e.Message);
            _ready.TrySetException(e);
            throw;
        }
    }

    private async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        await Migrations.RunAsync(postgres.ConnectionString, logger, cancellationToken);
        foreach (var seed in seeds)
        {
            await seed.SeedAsync(cancellationToken);
        }
    }
}

/// <summary>Rows that have to be there before workers begin: stations of the city file, the demo registry. Runs at every start, idempotent.</summary>
public interface IDatabaseSeed
{
    Task SeedAsync(CancellationToken cancellationToken);
}
