using System.Globalization;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Retention;

/// <summary>Removes old sightings a day's table at a time, and the passages that are left without any. What charges, alerts and waiting cases rest on stays.</summary>
internal sealed class SightingRetention(NpgsqlDataSource dataSource, SightingPartitions partitions)
{
    private const string Needed =
        """
        exists (select from charge_entries c where c.sighting_id = s.id)
        or exists (select from alerts a where a.sighting_id = s.id)
        or exists (select from alerts a where a.passage_id = s.passage_id)
        or exists (select from review_cases r where r.sighting_id = s.id and r.state = 'open')
        or exists (select from archive_queue q where q.sighting_id = s.id)
        """;

    public async Task<Removal> RunAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken)
    {
        var total = default(Removal);
        foreach (var table in await TablesAsync(before, cancellationToken))
        {
            total += await RemoveAsync(table, cancellationToken);
        }

        await RemovePassagesAsync(before, batchSize, cancellationToken);
        return total;
    }

    // Tables of days that were over then, oldest first. Their names are made from dates alone.
    private async Task<List<string>> TablesAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'sightings'::regclass and c.relname ~ '^sightings_[0-9]{8}$' and c.relname < $1 order by 1");
        command.Parameters.Add(new() { Value = "sightings_" + before.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture) });
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }

    private async Task<Removal> RemoveAsync(string table, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await CorrectionGate.TakeAsync(connection, transaction, cancellationToken);
        await using var count = new NpgsqlCommand($"select count(*), count(*) filter (where {Needed}), pg_total_relation_size('{table}') from {table} s", connection, transaction);
        var (rows, needed, bytes) = (await count.ReadAllAsync(r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)), cancellationToken))[0];
        if (rows > needed || rows == 0)
        {
            await using var remove = new NpgsqlCommand(needed == 0 ? $"drop table {table}" : $"delete from {table} s where not ({Needed})", connection, transaction);
            await remove.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        if (needed == 0)
        {
            partitions.Forget();
        }

        return new Removal(rows - needed, needed, needed == 0 ? bytes : 0);
    }

    private async Task RemovePassagesAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken)
    {
        int removed;
        do
        {
            await using var command = dataSource.CreateCommand(
                """
                delete from passages where id in (
                    select p.id from passages p
                    where p.last_at < $1
                      and not exists (select from sightings s where s.plate = p.plate and s.captured_at between p.first_at and p.last_at and s.passage_id = p.id)
                      and not exists (select from alerts a where a.passage_id = p.id)
                    limit $2)
                """);
            command.Parameters.Add(new() { Value = before });
            command.Parameters.Add(new() { Value = batchSize });
            removed = await command.ExecuteNonQueryAsync(cancellationToken);
        }
        while (removed == batchSize);
    }
}
