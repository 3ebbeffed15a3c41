using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Functions;

/// <summary>What a function is still to be told.</summary>
internal sealed record FunctionEvent(long Id, string Event, string Subject, int Revision, DateTimeOffset At);

/// <summary>Rows of <c>functions</c> and <c>function_events</c>.</summary>
internal sealed class FunctionQueue(NpgsqlDataSource dataSource)
{
    /// <summary>Whether this holder may call the function for as long as given, from when it asked: it does so already, or nobody does. By the database's clock, so the clocks of cores need not agree.</summary>
    public async Task<bool> HoldAsync(string function, Guid holder, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("update functions set held_by = $2, held_until = clock_timestamp() + $3 where name = $1 and (held_by = $2 or held_until < clock_timestamp())");
        command.With(function, holder, lease);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public async Task LetGoAsync(string function, Guid holder, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("update functions set held_until = '-infinity' where name = $1 and held_by = $2");
        command.With(function, holder);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>In the order in which they happened.</summary>
    /// <param name="except">Ids of those in work.</param>
    public async Task<List<FunctionEvent>> WaitingAsync(string function, long[] except, int most, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select id, event, subject, revision, at from function_events where function = $1 and state = 'waiting' and not id = any($2) order by id limit $3");
        command.With(function, except, most);
        return await command.ReadAllAsync(r => new FunctionEvent(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetInt32(3), r.Time(4)), cancellationToken);
    }

    /// <summary>Notes what is done, and what was given up.</summary>
    public async Task SettleAsync(IReadOnlyCollection<long> done, IReadOnlyList<GivenUp> givenUp, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new("delete from function_events where id = any($1)") { Parameters = { new() { Value = done.ToArray() } } });
        batch.BatchCommands.Add(new(
            """
            update function_events e set state = 'dead', attempts = g.attempts, reason = g.reason, given_up_at = g.at
            from unnest($1, $2, $3, $4) as g (id, attempts, reason, at) where e.id = g.id
            """)
        {
            Parameters =
            {
                new() { Value = givenUp.Select(g => g.Id).ToArray() }, new() { Value = givenUp.Select(g => g.Attempts).ToArray() },
                new() { Value = givenUp.Select(g => g.Reason).ToArray() }, new() { Value = givenUp.Select(g => g.At).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>More than 100,000 are counted as so many: after a long outage there may be millions.</summary>
    /// <param name="function">Null for all.</param>
    public async Task<List<FunctionView>> ViewsAsync(string? function, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select name, events, waiting, oldest, dead from (
                select f.name, f.events,
                    (select count(*) from (select from function_events where function = f.name and state = 'waiting' limit 100000) w) as waiting,
                    (select at from function_events where function = f.name and state = 'waiting' order by id limit 1) as oldest,
                    (select count(*) from (select from function_events where function = f.name and state = 'dead' limit 100000) d) as dead
                from functions f where f.name = coalesce($1, f.name)) as seen
            where cardinality(events) > 0 or waiting > 0 or dead > 0 order by name
            """);
        command.Parameters.Add(new() { Value = (object?)function ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        return await command.ReadAllAsync(r => new FunctionView(r.GetString(0), r.GetFieldValue<string[]>(1), r.GetInt64(2), r.IsDBNull(3) ? null : r.Time(3), r.GetInt64(4)), cancellationToken);
    }

    /// <summary>Newest first.</summary>
    /// <param name="function">Null for all.</param>
    public async Task<List<FunctionDeadLetter>> DeadLettersAsync(string? function, int most, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select id, function, event, subject, at, attempts, reason, given_up_at from function_events where state = 'dead' and function = coalesce($1, function) order by id desc limit $2");
        command.Parameters.Add(new() { Value = (object?)function ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = most });
        return await command.ReadAllAsync(
            r => new FunctionDeadLetter(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Time(4), r.GetInt32(5), r.GetString(6), r.Time(7)), cancellationToken);
    }

    /// <summary>Lets the function be told its dead letters again; gives how many there are, and null where there is no such function.</summary>
    public static async Task<int?> ResendAsync(AuditedChange change, string function, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync(
            """
            with again as (update function_events set state = 'waiting', attempts = null, reason = null, given_up_at = null where function = $1 and state = 'dead' returning 1)
            select (select count(*) from again)::int from functions where name = $1
            """,
            cancellationToken)).With(function);
        return await command.ExecuteScalarAsync(cancellationToken) as int?;
    }
}

/// <summary>An event that a function never took.</summary>
internal sealed record GivenUp(long Id, int Attempts, string Reason, DateTimeOffset At);
