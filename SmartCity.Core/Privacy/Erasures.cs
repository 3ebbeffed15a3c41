using System.Text.Json;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Privacy;

/// <summary>Which erasures were asked for, and what became of them.</summary>
internal sealed class Erasures(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const string Columns = "id, plate, reason, requested_by, requested_at, fault, done_at, records";

    /// <summary>Asks for one. What is asked is written down with its line of the audit; the erasure itself runs for minutes, and its own report says what it did.</summary>
    /// <returns>Null while the plate is restricted.</returns>
    public async Task<ErasureView?> AskAsync(string plate, string reason, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var connection = await change.BeginAsync(cancellationToken);
        await Restrictions.LockAsync(connection, plate, cancellationToken);
        await using var command = new NpgsqlCommand(
            $"insert into erasures (id, plate, reason, requested_by, requested_at) select $1, $2, $3, $4, $5 where not exists (select from plate_restrictions where plate = $2 and lifted_at is null) returning {Columns}", connection);
        foreach (var value in (object[])[Guid.CreateVersion7(time.GetUtcNow()), plate, reason, by, time.GetUtcNow()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return (await command.ReadAllAsync(Read, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<ErasureView>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from erasures order by requested_at desc, id desc limit {Paging.MaximumLimit}");
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    /// <summary>Those that are not done, oldest first.</summary>
    public async Task<IReadOnlyList<(Guid Id, string Plate)>> WaitingAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, plate from erasures where done_at is null order by requested_at");
        return await command.ReadAllAsync(r => (r.GetGuid(0), r.GetString(1)), cancellationToken);
    }

    public async Task FailedAsync(Guid id, string fault, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("update erasures set fault = $2 where id = $1");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = fault });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static ErasureView Read(NpgsqlDataReader r) =>
        new(r.GetGuid(0), r.Text(1), r.GetString(2), r.GetString(3), r.Time(4), r.Text(5), r.IsDBNull(6) ? null : r.Time(6), JsonSerializer.Deserialize<List<ErasedRecords>>(r.GetString(7))!);
}
