using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Audit;

/// <summary>
/// What is about to change is written down before it changes, and a line of the audit takes its place in one transaction. If a core ends in
/// between, or a call that has changed something in parts fails, the change may have been made: another line says that nobody knows.
/// </summary>
internal sealed class AuditIntents(NpgsqlDataSource dataSource, AuditLog audit, DatabaseStartup database, WorkerHealth health, TimeProvider time, ILogger<AuditIntents> logger) : DatabaseWorker(Worker, database, health, logger)
{
    /// <summary>Ending of the action of a line about something whose end nobody knows.</summary>
    public const string Unfinished = ".unfinished";

    private const string Worker = "audit intents";
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    // Longer than any call takes, or a part of one that is done in parts.
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(15);

    /// <summary>Writes down lines for what was abandoned.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, actor, action, subject, reason from audit_intents where at < $1 order by at, id limit 1000");
        command.Parameters.Add(new() { Value = time.GetUtcNow() - Abandoned });
        foreach (var (id, actor, action, subject, reason) in await command.ReadAllAsync(r => (r.GetGuid(0), r.GetString(1), r.GetString(2), r.Text(3), r.Text(4)), cancellationToken))
        {
            await audit.AppendAsync(actor, action + Unfinished, subject, reason ?? "The call ended before it was known whether all of this was done.", null, id);
        }
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await SettleAsync(stoppingToken);
                Health.Healthy(Worker);
            }
            catch (NpgsqlException e)
            {
                Health.Degraded(Worker, $"Changes that a core did not finish are not written down for now: {e.Message}");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
