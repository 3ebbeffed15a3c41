using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.Core.Retention;

namespace SmartCity.Core.Lake;

/// <summary>
/// What the lake has beside sightings: passages of days that are over, written anew when one of their sightings was archived since; every line of the
/// ledger, once; and once a day the alerts, vehicles and stations as they are.
/// </summary>
public sealed class LakeFeeds(NpgsqlDataSource dataSource, CityLake lake)
{
    /// <param name="before">Passages of days before this one are written.</param>
    public async Task RunAsync(DateOnly before, CancellationToken cancellationToken)
    {
        await using var turn = await ArchiveTurn.TryTakeAsync(dataSource, cancellationToken);
        if (turn is null)
        {
            return;
        }

        await lake.PrepareAsync(cancellationToken);
        await ChargesAsync(cancellationToken);
        foreach (var day in await DaysAsync(before, cancellationToken))
        {
            await PassagesAsync(day, cancellationToken);
        }

        foreach (var definition in LakeTables.Snapshots)
        {
            await SnapshotAsync(lake.Table(definition), cancellationToken);
        }
    }

    // Of days whose sightings are past their retention Postgres has only what something rests on: what the lake has of them stays.
    private async Task<List<DateOnly>> DaysAsync(DateOnly before, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select d.day from lake_days d, retention r where r.kind = $3 and d.day < $1 and d.day > $2 - r.days order by d.day");
        command.With(before, DateOnly.FromDateTime(lake.Time.GetUtcNow().UtcDateTime), RetentionRules.Sightings);
        return await command.ReadAllAsync(r => r.GetFieldValue<DateOnly>(0), cancellationToken);
    }

    private async Task PassagesAsync(DateOnly day, CancellationToken cancellationToken)
    {
        var table = lake.Table(LakeTables.Passages);
        using var file = new TemporaryFile();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var done = new NpgsqlCommand("delete from lake_days where day = $1", connection, transaction);
        done.With(day);
        await done.ExecuteNonQueryAsync(cancellationToken);
        await using var rows = new NpgsqlCommand($"select {LakeTables.Passages.Select} from passages p where p.first_at >= $1 and p.first_at < $1 + interval '1 day' order by p.first_at, p.id", connection, transaction);
        rows.With(day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc));
        await ReplaceAsync(table, connection, transaction, day, await table.WriteAsync(rows, day, file.Path, cancellationToken), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task ChargesAsync(CancellationToken cancellationToken)
    {
        var table = lake.Table(LakeTables.Charges);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var take = new NpgsqlCommand("create temporary table taken_charges on commit drop as with taken as (delete from lake_charges returning entry_id) select entry_id from taken", connection, transaction);
        await take.ExecuteNonQueryAsync(cancellationToken);
        await using var list = new NpgsqlCommand("select distinct c.day from taken_charges t join charge_entries c on c.id = t.entry_id order by 1", connection, transaction);
        var made = new List<DataFile>();
        foreach (var day in await list.ReadAllAsync(r => r.GetFieldValue<DateOnly>(0), cancellationToken))
        {
            using var file = new TemporaryFile();
            await using var rows = new NpgsqlCommand($"select {LakeTables.Charges.Select} from taken_charges t join charge_entries c on c.id = t.entry_id where c.day = $1 order by c.recorded_at, c.id", connection, transaction);
            rows.With(day);
            made.Add((await table.WriteAsync(rows, day, file.Path, cancellationToken))!);
        }

        if (made.Count > 0)
        {
            await table.CommitAsync(connection, transaction, LakeChange.Append(made), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    // Once on each UTC day.
    private async Task SnapshotAsync(LakeTable table, CancellationToken cancellationToken)
    {
        using var file = new TemporaryFile();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if ((await table.LoadAsync(connection, transaction, cancellationToken))!.Metadata.CurrentSnapshot is { } current && current.At.UtcDateTime.Date == lake.Time.GetUtcNow().UtcDateTime.Date)
        {
            return;
        }

        await using var rows = new NpgsqlCommand(table.Definition.Select, connection, transaction);
        await ReplaceAsync(table, connection, transaction, null, await table.WriteAsync(rows, null, file.Path, cancellationToken), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task ReplaceAsync(LakeTable table, NpgsqlConnection connection, NpgsqlTransaction transaction, DateOnly? day, DataFile? made, CancellationToken cancellationToken)
    {
        var state = (await table.LoadAsync(connection, transaction, cancellationToken))!;
        var before = await table.LiveAsync(state, day ?? DateOnly.MinValue, day ?? DateOnly.MaxValue, cancellationToken);
        if (made is not null || before.Count > 0)
        {
            await table.CommitAsync(connection, transaction, new LakeChange(before.Count == 0 ? "append" : "overwrite", made is null ? [] : [made], before), cancellationToken);
        }
    }
}
