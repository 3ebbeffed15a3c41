using System.Globalization;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.Core.Passages;
using SmartCity.Core.Privacy;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Retention;

/// <summary>
/// Removes old sightings, the tables of days that are left without any, and what is then left of their plates. What charges, alerts and waiting cases rest on stays, and so does whatever is of a restricted plate.
/// Looks a batch at a time; ingest and corrections wait only while a batch is deleted.
/// </summary>
internal sealed class SightingRetention(NpgsqlDataSource dataSource, SightingPartitions partitions)
{
    // Ingest waits while a statement deletes: it takes so many times the rows that others look at one by one.
    private const int Slice = 20;

    // One condition beside the other: Postgres then goes through a slice once, instead of asking for each of its rows. $1 and $2 are the slice's bounds:
    // of what waits for the archive only the batches of that time are compared with it.
    private static readonly string SightingNotNeeded =
        $"""
        not exists (select from charge_entries c where c.sighting_id = x.id)
        and not exists (select from alerts a where a.sighting_id = x.id)
        and not exists (select from alerts a where a.passage_id = x.passage_id)
        and not exists (select from review_cases r where r.sighting_id = x.id and r.state in ('open', 'proposed', 'skipped'))
        and not exists (select from archive_queue q where q.sighting_id = x.id)
        and not exists (select from archive_batches b where b.from_at <= $2 and b.to_at > $1 and b.from_at <= x.captured_at and b.to_at >= x.captured_at)
        and {Restricted.Not("x.plate")} and {Restricted.Not("x.read_plate")}
        """;

    private static readonly string PassageSpan = $"interval '{PassageRule.Longest.TotalHours.ToString(CultureInfo.InvariantCulture)} hours'";

    // The plain bounds are for the planner, which leaves the tables of other days out.
    private static readonly string PassageNotNeeded =
        $"""
        not exists (
            select from sightings s
            where s.plate = x.plate and s.captured_at between x.first_at and x.last_at and s.passage_id = x.id and s.captured_at > $1 and s.captured_at <= $2 + {PassageSpan})
        and not exists (select from alerts a where a.passage_id = x.id)
        and {Restricted.Not("x.plate")}
        """;

    private const string PlateNeeded = "exists (select from passages p where p.plate = x.plate)";
    private const string HasSighting = "exists (select from sightings s where s.captured_at = x.captured_at and s.id = x.sighting_id)";

    public async Task<Removal> RunAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken)
    {
        var total = default(Removal);
        foreach (var (table, bytes) in await TablesAsync(before, cancellationToken))
        {
            var removal = await RemoveSlicesAsync(table, "captured_at", SightingNotNeeded, before, batchSize * Slice, cancellationToken);
            total += removal.Kept == 0 && await DropAsync(table, cancellationToken) ? removal with { Bytes = bytes } : removal;
        }

        // One that began before and ended after has sightings that are kept.
        await RemoveSlicesAsync("passages", "first_at", PassageNotNeeded, before, batchSize * Slice, cancellationToken);
        await RemovePlatesAsync(batchSize, cancellationToken);
        await RemoveAsync("review_cases", "captured_at", $"x.state in ('open', 'proposed', 'skipped') or {HasSighting}", before, batchSize, cancellationToken);
        await RemoveAsync("reviewed_reads", "captured_at", HasSighting, before, batchSize, cancellationToken);
        await RemoveAsync("sighting_strips", "captured_at", "exists (select from sightings s where s.captured_at = x.captured_at and s.id = x.id)", before, batchSize, cancellationToken);
        await RemoveAsync("sighting_times", "captured_at", "exists (select from sightings s where s.captured_at = x.captured_at and s.id = x.id)", before, batchSize, cancellationToken);
        await RemoveAsync("dead_letters", "recorded_at", "x.state in ('open', 'replaying')", before, batchSize, cancellationToken);
        return total;
    }

    // Tables of days that were over then, oldest first. Their names are made from dates alone.
    private async Task<List<(string Name, long Bytes)>> TablesAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select c.relname, pg_total_relation_size(c.oid) from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'sightings'::regclass and c.relname ~ '^sightings_[0-9]{8}$' and c.relname < $1 order by 1");
        command.Parameters.Add(new() { Value = "sightings_" + before.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture) });
        return await command.ReadAllAsync(r => (r.GetString(0), r.GetInt64(1)), cancellationToken);
    }

    // The same a slice of time at a time, for tables of which a day has millions of rows: from one row's time to that of another so many rows on.
    private async Task<Removal> RemoveSlicesAsync(string table, string at, string notNeeded, DateTimeOffset before, int rows, CancellationToken cancellationToken)
    {
        var total = default(Removal);
        var from = DateTimeOffset.MinValue;
        while (true)
        {
            await using var look = dataSource.CreateCommand($"select max(at) from (select {at} as at from {table} where {at} > $1 and {at} < $2 order by {at} limit $3) x");
            look.CommandTimeout = RetentionRules.CommandSeconds;
            foreach (var value in (object[])[from, before, rows])
            {
                look.Parameters.Add(new() { Value = value });
            }

            if (await look.ExecuteScalarAsync(cancellationToken) is not DateTime last)
            {
                return total;
            }

            var to = new DateTimeOffset(last, TimeSpan.Zero);
            var delete = new NpgsqlCommand(
                $"""
                with gone as (delete from {table} x where x.{at} > $1 and x.{at} <= $2 and {notNeeded} returning 1)
                select (select count(*) from gone), (select count(*) from {table} where {at} > $1 and {at} <= $2)
                """)
            {
                Parameters = { new() { Value = from }, new() { Value = to } },
            };
            var (removed, of) = await AloneAsync(delete, async reader => await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetInt64(1)) : default, cancellationToken);
            total += new Removal(removed, of - removed, 0);
            from = to;
        }
    }

    // Goes once through the records past their retention, in order of time. Names of tables and columns are constants or made from dates.
    private async Task<Removal> RemoveAsync(string table, string at, string needed, DateTimeOffset before, int batchSize, CancellationToken cancellationToken)
    {
        var total = default(Removal);
        var (lastAt, lastId) = (DateTimeOffset.MinValue, Guid.Empty);
        List<(DateTimeOffset At, Guid Id, bool Needed)> rows;
        do
        {
            await using var command = dataSource.CreateCommand(
                $"select {at}, id, {needed} from (select * from {table} where {at} < $1 and ({at}, id) > ($2, $3) order by {at}, id limit $4) x order by {at}, id");
            command.CommandTimeout = RetentionRules.CommandSeconds;
            foreach (var value in (object[])[before, lastAt, lastId, batchSize])
            {
                command.Parameters.Add(new() { Value = value });
            }

            rows = await command.ReadAllAsync(r => (r.Time(0), r.GetGuid(1), r.GetBoolean(2)), cancellationToken);
            var removed = await DeleteAsync($"delete from {table} x where x.id = any($1) and not ({needed})", [.. rows.Where(r => !r.Needed).Select(r => r.Id)], cancellationToken);
            total += new Removal(removed, rows.Count - removed, 0);
            if (rows.Count > 0)
            {
                (lastAt, lastId, _) = rows[^1];
            }
        }
        while (rows.Count == batchSize);
        return total;
    }

    // Plates whose passages are gone, by retention or by a correction.
    private async Task RemovePlatesAsync(int batchSize, CancellationToken cancellationToken)
    {
        var last = "";
        List<(string Plate, bool Needed)> rows;
        do
        {
            await using var command = dataSource.CreateCommand($"select plate, {PlateNeeded} from (select plate from seen_plates where plate > $1 order by plate limit $2) x order by plate");
            command.CommandTimeout = RetentionRules.CommandSeconds;
            command.Parameters.Add(new() { Value = last });
            command.Parameters.Add(new() { Value = batchSize });
            rows = await command.ReadAllAsync(r => (r.GetString(0), r.GetBoolean(1)), cancellationToken);
            await DeleteAsync<string>($"delete from seen_plates x where x.plate = any($1) and not {PlateNeeded}", [.. rows.Where(r => !r.Needed).Select(r => r.Plate)], cancellationToken);
            last = rows.Count > 0 ? rows[^1].Plate : last;
        }
        while (rows.Count == batchSize);
    }

    // What has come to be needed since the look stays: the statement asks again, and behind the gate nothing changes meanwhile.
    private async Task<int> DeleteAsync<T>(string sql, T[] keys, CancellationToken cancellationToken)
    {
        if (keys.Length == 0)
        {
            return 0;
        }

        var delete = new NpgsqlCommand(sql) { Parameters = { new() { Value = keys } } };
        return await AloneAsync(delete, reader => Task.FromResult(reader.RecordsAffected), cancellationToken);
    }

    private async Task<T> AloneAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await CorrectionGate.RunAloneAsync(connection, transaction, cancellationToken);
        await using var alone = command;
        (alone.Connection, alone.Transaction, alone.CommandTimeout) = (connection, transaction, RetentionRules.CommandSeconds);
        T result;
        await using (var reader = await alone.ExecuteReaderAsync(cancellationToken))
        {
            result = await read(reader);
        }

        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    // Whoever reads any day holds the parent, and all others wait behind whoever wants to drop: it gives up soon, and the empty table goes at another run.
    private async Task<bool> DropAsync(string table, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using var take = new NpgsqlBatch(connection, transaction)
            {
                BatchCommands = { new("set local lock_timeout = '2s'"), new("lock table only sightings in access exclusive mode"), new($"lock table {table} in access exclusive mode") },
            };
            await take.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }

        // A late sighting may have come since.
        await using var any = new NpgsqlCommand($"select exists (select from {table})", connection, transaction);
        if (await any.ExecuteScalarAsync(cancellationToken) is true)
        {
            return false;
        }

        await using var drop = new NpgsqlCommand("select drop_sightings_day($1)", connection, transaction) { Parameters = { new() { Value = table } } };
        await drop.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        partitions.Forget();
        return true;
    }
}
