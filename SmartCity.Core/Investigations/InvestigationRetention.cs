using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Investigations;

/// <summary>Removes closed investigations when their last day is over, with their copies and files. One that is open stays.</summary>
internal sealed class InvestigationRetention(
    NpgsqlDataSource dataSource, IObjectStore objects, AuditLog audit, ChargingCity city, DatabaseStartup database, WorkerHealth health, TimeProvider time, ILogger<InvestigationRetention> logger) : BackgroundService
{
    private const string Worker = "investigations";
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // From here on nobody opens it again, and whoever was adding something has finished.
        await using var expire = dataSource.CreateCommand("update investigations set state = 'expiring' where state = 'closed' and keep_until < $1");
        expire.Parameters.Add(new() { Value = city.Today(time) });
        await expire.ExecuteNonQueryAsync(cancellationToken);
        await using var command = dataSource.CreateCommand("select id from investigations where state = 'expiring' order by keep_until");
        foreach (var id in await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken))
        {
            await RemoveAsync(id, cancellationToken);
        }

        await SweepAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await RunAsync(stoppingToken);
                health.Healthy(Worker);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                health.Degraded(Worker, $"Closed investigations whose time is over stay for now: {e.Message}");
                logger.LogWarning(e, "Closed investigations whose time is over stay for now; the core tries again.");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // The row goes last: what is left of one that was half removed is found again. Another core may be quicker; one of them writes the line.
    private async Task RemoveAsync(Guid id, CancellationToken cancellationToken)
    {
        await foreach (var entry in objects.ListAsync(InvestigationStore.Prefix(id), cancellationToken))
        {
            await objects.DeleteAsync(entry.Key, cancellationToken);
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("delete from investigations where id = $1 and state = 'expiring'", connection).With(id);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 1)
        {
            await audit.AppendAsync(
                connection, "core", "investigations.expired", id.ToString(), "It was closed, and the last day on which it is kept is over.", null, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    // An upload whose core lost the database may end after the row went. A row is there before its first object, so what has none is left over.
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var (of, leftOver) = (Guid.Empty, false);
        await foreach (var entry in objects.ListAsync(InvestigationStore.Root, cancellationToken))
        {
            if (!Guid.TryParse(entry.Key[InvestigationStore.Root.Length..].Split('/')[0], out var id))
            {
                continue;
            }

            if (id != of)
            {
                await using var command = dataSource.CreateCommand("select not exists (select from investigations where id = $1)");
                command.Parameters.Add(new() { Value = id });
                (of, leftOver) = (id, (bool)(await command.ExecuteScalarAsync(cancellationToken))!);
            }

            if (leftOver)
            {
                await objects.DeleteAsync(entry.Key, cancellationToken);
            }
        }
    }
}
