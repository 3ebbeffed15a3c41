using System.Text.Json;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Database;
using SmartCity.Core.Lake;
using SmartCity.Core.Models;
using SmartCity.Core.Retention;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Privacy;

/// <summary>Erases a plate: first in Postgres, in one transaction that notes the pictures, then the pictures, then in the lake. Each step can be repeated.</summary>
internal sealed class ErasureSteps(NpgsqlDataSource dataSource, IObjectStore objects, LakeErasure erasure, LearningErasure learning, TimeProvider time)
{
    /// <returns>Whether it is done; if not, the lake is in use, and it is to be tried again.</returns>
    public async Task<bool> RunAsync(Guid id, string plate, CancellationToken cancellationToken)
    {
        var pictures = await EraseRowsAsync(id, plate, cancellationToken);
        await CountKeptAsync(id, plate, cancellationToken);
        foreach (var key in pictures)
        {
            await objects.DeleteAsync(key, cancellationToken);
        }

        await AddAsync(id, new ErasedRecords(PlateRecord.LearningItems, await learning.RunAsync(plate, cancellationToken), 0, null), cancellationToken);
        if (await erasure.RunAsync(plate, new ArchiveOptions().CompactBytes, (rows, _) => AddAsync(id, new ErasedRecords("Rows of the lake", rows, 0, null), cancellationToken), cancellationToken) is not { } erased)
        {
            await SetAsync(id, "fault = $2", "The lake is being written. It is tried again in a minute.", cancellationToken);
            return false;
        }

        if (erased.Left.Count > 0)
        {
            await SetAsync(id, "fault = $2", $"Old files of the lake are still named by a tag or a branch, and hold the plate: {string.Join(", ", erased.Left)}. Remove that tag or branch.", cancellationToken);
            return false;
        }

        await AddAsync(id, new ErasedRecords("Rows of the lake", 0, 0, null), cancellationToken);
        await AddAsync(id, new ErasedRecords("Pictures", pictures.Length, 0, null), cancellationToken);
        await SetAsync(id, "plate = null, pictures = '{}', fault = null, done_at = $2", time.GetUtcNow(), cancellationToken);
        return true;
    }

    // It looks before it takes any plate, and then again.
    private Task<string[]> EraseRowsAsync(Guid id, string plate, CancellationToken cancellationToken) =>
        CorrectionGate.CorrectBesideOthersAsync(dataSource, [], correction => EraseRowsAsync(correction, id, plate, cancellationToken), cancellationToken);

    private async Task<string[]> EraseRowsAsync(Correction correction, Guid id, string plate, CancellationToken cancellationToken)
    {
        var connection = correction.Connection;
        var records = new List<ErasedRecords>();
        var sightings = await TakeSightingsAsync(connection, plate, cancellationToken);
        correction.Touches([plate, .. await PlatesAsync(connection, cancellationToken)]);
        var keys = await EraseSightingsAsync(connection, cancellationToken);
        foreach (var record in PlateRecord.All)
        {
            var erased = record.Table == "sightings" ? sightings
                : record.Erase is null ? 0
                : await CountAsync(connection, record.Erase, plate, cancellationToken);
            if (erased > 0)
            {
                records.Add(new ErasedRecords(record.What, erased, 0, null));
            }
        }

        // An earlier try may have got this far: what it did is part of the report.
        await using var note = new NpgsqlCommand("update erasures set pictures = pictures || $2, fault = null where id = $1 returning pictures", connection) { Parameters = { new() { Value = id }, new() { Value = keys } } };
        var pictures = (string[])(await note.ExecuteScalarAsync(cancellationToken))!;
        await MergeAsync(connection, id, records, cancellationToken);
        await correction.Transaction.CommitAsync(cancellationToken);
        return pictures;
    }

    // Some of it goes through whole tables, so nobody waits for it.
    private async Task CountKeptAsync(Guid id, string plate, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var records = new List<ErasedRecords>();
        foreach (var record in PlateRecord.All)
        {
            var kept = await CountAsync(connection, $"select count(*) from {record.Table} where {record.Of}", plate, cancellationToken);
            records.Add(new ErasedRecords(record.What, 0, kept, kept > 0 ? record.Kept : null));
        }

        await MergeAsync(connection, id, records, cancellationToken);
    }

    // A sighting that was read as the plate may count as another one, or as none.
    private static async Task<List<string>> PlatesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select distinct s.plate, case when s.plate is null then s.id end from erased_sightings e join sightings s on s.captured_at = e.captured_at and s.id = e.id", connection)
        {
            CommandTimeout = RetentionRules.CommandSeconds,
        };
        return await command.ReadAllAsync(r => r.Text(0) ?? CorrectionGate.Of(r.GetGuid(1)), cancellationToken);
    }

    // As EvidenceRetention keeps pictures, and what speaks against another reading that still waits.
    private async Task<long> TakeSightingsAsync(NpgsqlConnection connection, string plate, CancellationToken cancellationToken)
    {
        await using var make = new NpgsqlCommand("create temporary table erased_sightings (id uuid primary key, captured_at timestamptz not null, evidence text) on commit drop", connection) { CommandTimeout = RetentionRules.CommandSeconds };
        await make.ExecuteNonQueryAsync(cancellationToken);
        await using var fill = new NpgsqlCommand(
            """
            insert into erased_sightings
            select id, captured_at, evidence from
                (select id, captured_at, evidence from sightings where plate = $1
                 union
                 select s.id, s.captured_at, s.evidence from reviewed_reads r join sightings s on s.captured_at = r.captured_at and s.id = r.sighting_id where r.read_plate = $1 or r.plate = $1) all_of_it
            where id not in (select c.sighting_id from charge_entries c where c.plate = $1 and c.sighting_id is not null and c.kind = 'charge' and not exists (select from charge_entries r where r.reverses = c.id)
                                 and (c.recorded_at >= $2 or exists (select from charge_disputes d where d.charge_id = c.id and d.decided_at is null)))
              and id not in (select sighting_id from alerts where plate = $1 and state <> 'dismissed')
              and not exists (select from review_cases c where c.sighting_id = all_of_it.id and c.state in ('open', 'proposed', 'skipped'))
              and not exists (select from review_cases c where c.other_id = all_of_it.id and c.state in ('open', 'proposed', 'skipped'))
            """, connection)
        {
            CommandTimeout = RetentionRules.CommandSeconds,
            Parameters = { new() { Value = plate }, new() { Value = time.GetUtcNow() - TimeSpan.FromDays(RetentionRules.ChallengeDays) } },
        };
        return await fill.ExecuteNonQueryAsync(cancellationToken);
    }

    // The sighting stays as one without a plate: stations' counts stay right, and a record that comes again finds its place taken.
    private async Task<string[]> EraseSightingsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var erase = new NpgsqlCommand(
            """
            update sightings s set plate = null, read_plate = null, country = null, format = null, characters = '{}', alternatives = '[]', evidence = null, passage_id = null, erased_at = $1
            from erased_sightings e where s.captured_at = e.captured_at and s.id = e.id
            """, connection)
        { CommandTimeout = RetentionRules.CommandSeconds, Parameters = { new() { Value = time.GetUtcNow() } } };
        await erase.ExecuteNonQueryAsync(cancellationToken);
        await using var keys = new NpgsqlCommand("select evidence from erased_sightings where evidence is not null", connection);
        await using var strips = new NpgsqlCommand("delete from sighting_strips t using erased_sightings e where t.id = e.id returning t.key", connection);
        return [.. (await keys.ReadAllAsync(r => r.GetString(0), cancellationToken)).SelectMany(k => (string[])[k, Sighting.PatchKey(k)]), .. await strips.ReadAllAsync(r => r.GetString(0), cancellationToken)];
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string sql, string plate, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = RetentionRules.CommandSeconds };
        if (sql.Contains("$1", StringComparison.Ordinal))
        {
            command.Parameters.Add(new() { Value = plate });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? reader.GetInt64(0) : reader.RecordsAffected;
    }

    private async Task AddAsync(Guid id, ErasedRecords records, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await MergeAsync(connection, id, [records], cancellationToken);
    }

    private static async Task MergeAsync(NpgsqlConnection connection, Guid id, IReadOnlyList<ErasedRecords> records, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand("select records from erasures where id = $1", connection) { Parameters = { new() { Value = id } } };
        var before = JsonSerializer.Deserialize<List<ErasedRecords>>((string)(await read.ExecuteScalarAsync(cancellationToken))!)!;
        var merged = before.Where(b => records.All(r => r.What != b.What)).Concat(records.Select(r => before.Find(b => b.What == r.What) is { } b ? r with { Erased = b.Erased + r.Erased } : r)).ToList();
        await using var write = new NpgsqlCommand("update erasures set records = $2::jsonb where id = $1", connection) { Parameters = { new() { Value = id }, new() { Value = JsonSerializer.Serialize(merged) } } };
        await write.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task SetAsync(Guid id, string what, object value, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"update erasures set {what} where id = $1");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
