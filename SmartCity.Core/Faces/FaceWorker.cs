using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Faces;

/// <summary>Destroys what is due and writes down which deployments began and ended. It does so where faces are switched off too: switching them off must not keep anything.</summary>
internal sealed class FaceWorker(
    NpgsqlDataSource dataSource, FaceDeployments deployments, FaceMatches matches, AuditLog audit, DatabaseStartup startup, IOptions<FaceOptions> options, WorkerHealth health, TimeProvider time, ILogger<FaceWorker> logger) : BackgroundService
{
    private const string Worker = "faces";

    /// <summary>One turn. What it says of itself afterwards is in health.</summary>
    public async Task TurnAsync(CancellationToken cancellationToken)
    {
        await matches.ExpireAsync(cancellationToken);
        await RemoveExpiredAsync(cancellationToken);
        await deployments.NoteAsync(cancellationToken);
        if (await deployments.UnconfirmedAsync(cancellationToken) is { Count: > 0 } stations)
        {
            health.Degraded(Worker, $"A deployment is over, and the edge of {string.Join(", ", stations)} has not confirmed that its templates are destroyed. They ended with its lease; look whether the edge runs.");
        }
        else
        {
            health.Healthy(Worker);
        }
    }

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
            }
            catch (NpgsqlException e)
            {
                health.Degraded(Worker, $"What is due of faces is not destroyed for now: {e.Message}");
                logger.LogWarning("What is due of faces is not destroyed for now; the core tries again: {Error}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RemoveExpiredAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select id from face_entries where expires_at <= $1 limit 100 for update skip locked", connection) { Parameters = { new() { Value = now } } };
        foreach (var id in await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken))
        {
            await FaceEntries.RemoveAsync(connection, id, now, cancellationToken);
            await audit.AppendAsync(connection, "core", "faces.entry-expired", id.ToString(), null, null, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }
}
