using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Retention;

namespace SmartCity.Core.Privacy;

/// <summary>Which plates are restricted, since when and why, with a report of what that covers.</summary>
internal sealed class Restrictions(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const string Columns = "id, plate, reason, from_day, restricted_by, restricted_at, lift_reason, lifted_by, lifted_at, records";

    /// <returns>Null when the plate is restricted already, or is being erased.</returns>
    public async Task<RestrictionView?> AddAsync(string plate, DateOnly from, string reason, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var connection = await change.BeginAsync(cancellationToken);
        await LockAsync(connection, plate, cancellationToken);
        var now = time.GetUtcNow();
        await using var command = Command(
            connection,
            $"""
            insert into plate_restrictions (id, plate, reason, from_day, restricted_by, restricted_at, records)
            select $1, $2, $3, $4, $5, $6, $7 where not exists (select from erasures where plate = $2)
            on conflict (plate) where lifted_at is null do nothing returning {Columns}
            """,
            Guid.CreateVersion7(now), plate, reason, from, by, now, await CoveredAsync(connection, plate, cancellationToken));
        return (await command.ReadAllAsync(Read, cancellationToken)).SingleOrDefault();
    }

    /// <returns>Null when there is none of this id that stands.</returns>
    public async Task<RestrictionView?> LiftAsync(Guid id, string reason, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var connection = await change.BeginAsync(cancellationToken);
        await using var of = Command(connection, "select plate from plate_restrictions where id = $1 and lifted_at is null for update", id);
        if (await of.ExecuteScalarAsync(cancellationToken) is not string plate)
        {
            return null;
        }

        await using var command = Command(
            connection, $"update plate_restrictions set lift_reason = $2, lifted_by = $3, lifted_at = $4, records = $5 where id = $1 returning {Columns}",
            id, reason, by, time.GetUtcNow(), await CoveredAsync(connection, plate, cancellationToken));
        return (await command.ReadAllAsync(Read, cancellationToken)).Single();
    }

    /// <summary>Those that stand first, then the newest.</summary>
    public async Task<IReadOnlyList<RestrictionView>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from plate_restrictions order by lifted_at is not null, restricted_at desc, id desc limit {Paging.MaximumLimit}");
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    /// <summary>Which of these plates are restricted today.</summary>
    public async Task<IReadOnlySet<string>> AmongAsync(IEnumerable<string?> plates, CancellationToken cancellationToken)
    {
        string[] asked = [.. plates.OfType<string>().Distinct()];
        if (asked.Length == 0)
        {
            return new HashSet<string>();
        }

        await using var command = dataSource.CreateCommand("select plate from restricted_plates where plate = any($1)");
        command.Parameters.Add(new() { Value = asked });
        return (await command.ReadAllAsync(r => r.GetString(0), cancellationToken)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Neither a restriction nor an erasure of the plate is asked for by anybody else until the transaction ends.</summary>
    internal static async Task LockAsync(NpgsqlConnection connection, string plate, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, "select pg_advisory_xact_lock(hashtextextended('privacy ' || $1, 0))", plate);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<NpgsqlParameter> CoveredAsync(NpgsqlConnection connection, string plate, CancellationToken cancellationToken)
    {
        var records = new List<CoveredRecords>();
        foreach (var record in PlateRecord.All)
        {
            await using var count = Command(connection, $"select count(*) from {record.Table} where {record.Of}", plate);
            count.CommandTimeout = RetentionRules.CommandSeconds;
            records.Add(new CoveredRecords(record.What, (long)(await count.ExecuteScalarAsync(cancellationToken))!, record.Restricted));
        }

        return new() { Value = JsonSerializer.Serialize(records), NpgsqlDbType = NpgsqlDbType.Jsonb };
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values) => new NpgsqlCommand(sql, connection).With(values);

    private static RestrictionView Read(NpgsqlDataReader r) => new(
        r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetFieldValue<DateOnly>(3), r.GetString(4), r.Time(5), r.Text(6), r.Text(7), r.IsDBNull(8) ? null : r.Time(8),
        JsonSerializer.Deserialize<List<CoveredRecords>>(r.GetString(9))!);
}
