using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Models;

/// <summary>Trainings that wait, run and are over.</summary>
internal sealed class TrainingRuns(NpgsqlDataSource dataSource, ModelRegistry registry, Datasets datasets, TimeProvider time, ILogger<TrainingRuns> logger)
{
    // Whoever works on a run says so every few seconds; after so long it has died, and the run goes on elsewhere from its last state.
    private static readonly TimeSpan Dead = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);

    /// <summary>What a run waits for.</summary>
    public const string Waits = "It waits for a process that trains.";

    private static readonly string Taker = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <param name="change">The call's that it belongs to; null where it is by itself.</param>
    /// <exception cref="InvalidDataException">There is nothing to train on, or no such dataset.</exception>
    public async Task<Guid> StartAsync(NewTraining asked, string by, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        var dataset = asked.Dataset is null ? await datasets.FreezeAsync(by, cancellationToken, change) : await datasets.FindAsync(asked.Dataset, cancellationToken) ?? throw new InvalidDataException($"There is no dataset {asked.Dataset}.");
        var parent = await registry.OfAliasAsync(ModelKind.Reader, ModelRegistry.Champion, cancellationToken) ?? throw new InvalidDataException("There is no champion to start from.");
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await using var command = await AuditedChange.CommandAsync(change, dataSource, "insert into training_runs (id, kind, dataset, parent_id, settings, state, started_by, created_at, detail) values ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8)", cancellationToken);
        foreach (var parameter in new NpgsqlParameter[]
        {
            new() { Value = id }, new() { Value = ModelKind.Reader }, new() { Value = dataset.Digest }, new() { Value = parent.Id },
            new() { Value = JsonSerializer.Serialize(asked, JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb }, new() { Value = by }, new() { Value = now }, new() { Value = Waits },
        })
        {
            command.Parameters.Add(parameter);
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    /// <summary>Takes the oldest run that waits, or one whose process has died, for this process.</summary>
    public async Task<TrainingRun?> TakeAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            update training_runs set state = 'running', machine = $1, started_at = coalesce(started_at, $2), alive_at = $2, detail = 'It begins.'
            where id = (select id from training_runs where state = 'waiting' or (state = 'running' and alive_at < $3) order by created_at limit 1 for update skip locked)
            returning id, dataset, parent_id, settings, started_by
            """);
        command.Parameters.Add(new() { Value = Taker });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        command.Parameters.Add(new() { Value = time.GetUtcNow() - Dead });
        return (await command.ReadAllAsync(r => new TrainingRun(r.GetGuid(0), r.GetString(1), r.GetString(2), JsonSerializer.Deserialize<NewTraining>(r.GetString(3), JsonSerializerOptions.Web)!, r.GetString(4)), cancellationToken)).SingleOrDefault();
    }

    /// <summary>Says how far a run of this process is.</summary>
    /// <returns>Whether it is to end: somebody has cancelled it, or another process has taken it because this one was silent for too long.</returns>
    public async Task<bool> SayAsync(Guid id, double share, string detail, string log, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("update training_runs set alive_at = $3, share = $4, detail = $5, log = $6 where id = $1 and state = 'running' and machine = $2 returning cancel");
        foreach (var value in (object[])[id, Taker, time.GetUtcNow(), share, detail, log])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteScalarAsync(cancellationToken) is not false;
    }

    /// <summary>Says every few seconds that this process still works on a run, until it is cancelled.</summary>
    public async Task KeepAliveAsync(Guid id, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Beat, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await using var command = dataSource.CreateCommand("update training_runs set alive_at = $3 where id = $1 and state = 'running' and machine = $2");
            foreach (var value in (object[])[id, Taker, time.GetUtcNow()])
            {
                command.Parameters.Add(new() { Value = value });
            }

            try
            {
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
            catch (NpgsqlException e)
            {
                logger.LogWarning("That the training {Id} goes on could not be said; it is said again: {Error}", id, e.Message);
            }
        }
    }

    /// <returns>False if the run is no more this process's.</returns>
    public async Task<bool> EndAsync(Guid id, string state, string detail, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await EndAsync(connection, id, state, detail, null, cancellationToken);
    }

    /// <summary>Ends a run in the transaction in which its version is taken in, so that no run makes two.</summary>
    /// <returns>False if somebody has cancelled it, or it is no more this process's.</returns>
    public Task<bool> DoneAsync(NpgsqlConnection connection, Guid id, string version, CancellationToken cancellationToken) =>
        EndAsync(connection, id, "done", $"It made {version}.", version, cancellationToken);

    /// <summary>Gives a run back: it goes on from its last state.</summary>
    /// <param name="why">In plain English.</param>
    public async Task GiveBackAsync(Guid id, string why, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            update training_runs set state = case when cancel then 'cancelled' else 'waiting' end, ended_at = case when cancel then $4::timestamptz end,
                detail = case when cancel then 'Somebody cancelled it.' else $3 || ' The training goes on from its last state.' end
            where id = $1 and state = 'running' and machine = $2
            """);
        foreach (var value in (object[])[id, Taker, why, time.GetUtcNow()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <returns>False if there is no such run, or it is over.</returns>
    public async Task<bool> CancelAsync(Guid id, AuditedChange change, CancellationToken cancellationToken)
    {
        // Whoever ran one that is silent is dead, and hears of nothing.
        await using var command = await change.CommandAsync(
            """
            update training_runs set cancel = true, state = case when x.ended then 'cancelled' else state end, ended_at = case when x.ended then $2::timestamptz end, detail = case when x.ended then 'Somebody cancelled it.' else detail end
            from (select state = 'waiting' or alive_at < $3 as ended from training_runs where id = $1 for update) x
            where id = $1 and state in ('waiting', 'running')
            """,
            cancellationToken);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        command.Parameters.Add(new() { Value = time.GetUtcNow() - Dead });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Those of some runs that are over or unknown: nobody needs what they worked with.</summary>
    public async Task<IReadOnlyList<Guid>> OverAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id from unnest($1) id where not exists (select from training_runs r where r.id = id.id and r.state in ('waiting', 'running'))");
        command.Parameters.Add(new() { Value = ids.ToArray() });
        return await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken);
    }

    /// <summary>When the oldest run that waits was asked for, while none runs; null if none waits.</summary>
    public async Task<DateTimeOffset?> WaitsSinceAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select min(created_at) from training_runs where state = 'waiting' and not exists (select from training_runs where state = 'running')");
        return (await command.ReadAllAsync(r => r.IsDBNull(0) ? (DateTimeOffset?)null : r.Time(0), cancellationToken)).Single();
    }

    public async Task<bool> AnyOpenAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select exists (select from training_runs where state in ('waiting', 'running'))");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>When the last training was asked for; before the first, when somebody first decided on a reading. Null if nobody has.</summary>
    public async Task<DateTimeOffset?> LastBeganAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select coalesce((select max(created_at) from training_runs), (select min(decided_at) from learning_items))");
        return (await command.ReadAllAsync(r => r.IsDBNull(0) ? (DateTimeOffset?)null : r.Time(0), cancellationToken)).Single();
    }

    /// <param name="change">Where given, what it has changed so far is seen.</param>
    public async Task<IReadOnlyList<TrainingView>> ListAsync(CancellationToken cancellationToken, AuditedChange? change = null)
    {
        const string Sql = "select id, kind, dataset, parent_id, state, share, detail, log, started_by, created_at, ended_at, version_id from training_runs order by created_at desc limit 20";
        await using var command = change?.Look(Sql) ?? dataSource.CreateCommand(Sql);
        return await command.ReadAllAsync(
            r => new TrainingView(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetDouble(5), r.Text(6), r.GetString(7), r.GetString(8), r.Time(9), r.IsDBNull(10) ? null : r.Time(10), r.Text(11)), cancellationToken);
    }

    private async Task<bool> EndAsync(NpgsqlConnection connection, Guid id, string state, string detail, string? version, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            update training_runs set state = $3, detail = $4, version_id = $5, ended_at = $6, share = case when $3 = 'done' then 1 else share end
            where id = $1 and state = 'running' and machine = $2 and not (cancel and $3 = 'done')
            """,
            connection)
        {
            Parameters = { new() { Value = id }, new() { Value = Taker }, new() { Value = state }, new() { Value = detail }, TextParameter.Of(version), new() { Value = time.GetUtcNow() } },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }
}

internal sealed record TrainingRun(Guid Id, string Dataset, string Parent, NewTraining Settings, string StartedBy);
