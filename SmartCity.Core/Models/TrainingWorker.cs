using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Models;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Models;

/// <summary>Runs the trainings that wait, where they are to run in the core's own process, and judges what came out of any.</summary>
internal sealed class TrainingWorker(
    NpgsqlDataSource dataSource,
    TrainingRuns runs,
    TrainingJob job,
    TrainingProgram program,
    ModelRegistry registry,
    ModelJudge judge,
    DatabaseStartup startup,
    IOptions<ModelOptions> models,
    WorkerHealth health,
    TimeProvider time,
    ILogger<TrainingWorker> logger) : BackgroundService
{
    private const string Worker = "trainings";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await startup.Ready.WaitAsync(stoppingToken);
        await health.KeepAsync(Worker, RunAsync, logger, stoppingToken);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(models.Value.Interval, time);
        do
        {
            if (program.RunsHere && program.Missing is null)
            {
                await job.SweepAsync(stoppingToken);
                if (await runs.TakeAsync(stoppingToken) is { } run)
                {
                    await job.RunAsync(run, stoppingToken);
                }
            }

            await JudgeAsync(stoppingToken);
            health.Healthy(Worker);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // The core's own gates count, wherever it was trained. The row is held, so that of several cores one judges.
    private async Task JudgeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var next = new NpgsqlCommand(
            """
            select r.id, r.version_id, r.dataset from training_runs r
            where r.state = 'done' and not exists (select from model_judgements j where j.version_id = r.version_id) and not exists (select from model_aliases a where a.version_id = r.version_id)
            order by r.created_at limit 1 for update skip locked
            """,
            connection);
        if ((await next.ReadAllAsync(r => (Run: r.GetGuid(0), Version: r.GetString(1), Dataset: r.GetString(2)), cancellationToken)) is not [var trained]
            || await registry.OfAliasAsync(ModelKind.Reader, ModelRegistry.Champion, cancellationToken) is not { } champion)
        {
            return;
        }

        try
        {
            var verdict = await judge.RunAsync((await registry.FindAsync(trained.Version, cancellationToken))!, champion, trained.Dataset, cancellationToken);
            logger.LogInformation("{Version} was judged: it {Verdict}.", trained.Version, verdict.Passed ? "passed" : "did not pass");
        }
        catch (InvalidDataException e)
        {
            logger.LogError("{Version} cannot be judged: {Reason}", trained.Version, e.Message);
            await using var failed = new NpgsqlCommand("update training_runs set state = 'failed', detail = $2 where id = $1", connection) { Parameters = { new() { Value = trained.Run }, new() { Value = $"It made {trained.Version}, which cannot be judged: {e.Message}" } } };
            await failed.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }
}
