using Amazon.Runtime;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Database;

/// <summary>
/// Migrates the database at start and then fills it with what the configuration names. Workers that touch the database
/// begin with <c>await startup.Ready.WaitAsync(stoppingToken)</c>. A database that is not there yet is waited for, and so is the object store, which seeds write to.
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

    /// <summary>Why the core cannot work with this database, in a sentence; null while that is not known.</summary>
    public string? Trouble { get; private set; }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, "It waits for Postgres.");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var retry = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(PostgresFaults.IsPassing).Handle<Exception>(IsOfObjectStore),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
                OnRetry = attempt =>
                {
                    var what = PostgresFaults.IsPassing(attempt.Outcome.Exception!) ? "Postgres is not there yet" : "The object store does not take the models yet";
                    health.Starting(Worker, $"{what}: {attempt.Outcome.Exception?.Message}");
                    logger.LogWarning("{What} (attempt {Attempt}): {Error}", what, attempt.AttemptNumber + 1, attempt.Outcome.Exception?.Message);
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
            Trouble = e.Message;
            health.Failed(Worker, e.Message);
            _ready.TrySetException(e);
            throw;
        }
    }

    // A file that is missing is one of the configuration, and does not come by waiting; nor does the right to write.
    private static bool IsOfObjectStore(Exception e) => e is AmazonClientException or HttpRequestException or TaskCanceledException { InnerException: TimeoutException }
        || (e is AmazonServiceException service && (int)service.StatusCode is 0 or >= 500)
        || e is IOException and not (FileNotFoundException or DirectoryNotFoundException);

    private async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        await Migrations.RunAsync(postgres.OwnerConnectionString ?? postgres.ConnectionString, logger, cancellationToken);
        if (postgres.OwnerConnectionString is { } owner)
        {
            await RuntimeRole.GrantAsync(owner, postgres.ConnectionString, cancellationToken);
        }

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
