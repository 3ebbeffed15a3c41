using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Shifts;

/// <summary>Shifts and their logs in the database. At most one shift runs.</summary>
internal sealed class ShiftStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const string Columns = "id, held_by, begun_at, handed_at, handed_by, handed_to, note, taken_by, ended_at, (select count(*)::int from shift_entries e where e.shift_id = shifts.id), waiting";

    private const string EntryColumns = "id, at, by, text, kind, about, case when kind = 'case' then (select c.sighting_id from review_cases c where c.id = about::uuid) end, struck_at, struck_by, struck_reason";

    public async Task<List<ShiftLogView>> ListAsync(Cursor? after, int count, CancellationToken cancellationToken)
    {
        await using var command = new SqlFilter().After("begun_at", "id", after).Command(dataSource, $"select {Columns} from shifts where {{where}} order by begun_at desc, id desc limit {{limit}}", count);
        return await command.ReadAllAsync(r => Read(r).Shift, cancellationToken);
    }

    /// <summary>One shift with its log; null when there is none.</summary>
    /// <param name="alsoRestricted">Whether entries about vehicles whose processing is restricted are among them.</param>
    public Task<ShiftLogDetail?> FindAsync(Guid id, bool alsoRestricted, CancellationToken cancellationToken) => DetailAsync("id = $1", alsoRestricted, cancellationToken, id);

    /// <summary>The shift that runs; null when none does.</summary>
    public Task<ShiftLogDetail?> RunningAsync(CancellationToken cancellationToken) => DetailAsync("ended_at is null", false, cancellationToken);

    /// <summary>The last one that ended after a moment; null when none did.</summary>
    public Task<ShiftLogDetail?> LastAsync(DateTimeOffset after, CancellationToken cancellationToken) => DetailAsync("ended_at > $1", false, cancellationToken, after);

    /// <returns>Whether none ran.</returns>
    public async Task<bool> BeginAsync(string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = (await change.CommandAsync("insert into shifts (id, held_by, begun_at) values ($1, $2, $3) on conflict do nothing", cancellationToken)).With(Guid.CreateVersion7(now), by, now);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Adds an entry to the log of the shift that runs.</summary>
    /// <param name="plate">Of what it refers to; null when it has none.</param>
    /// <returns>Null when no shift runs.</returns>
    public async Task<ShiftLogEntry?> WriteAsync(NewShiftEntry entry, string? about, string? plate, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = (await change.CommandAsync(
            $"insert into shift_entries (id, shift_id, at, by, text, kind, about, plate) select $1, id, $2, $3, $4, $5, $6, $7 from shifts where ended_at is null for share returning {EntryColumns}",
            cancellationToken)).With(Guid.CreateVersion7(now), now, by, entry.Text!.Trim(), TextParameter.Of(entry.Kind), TextParameter.Of(about), TextParameter.Of(plate));
        return (await command.ReadAllAsync(ReadEntry, cancellationToken)).FirstOrDefault();
    }

    /// <returns>Null when there is no such entry, or it is struck already.</returns>
    public async Task<ShiftLogEntry?> StrikeAsync(Guid id, string by, string reason, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync($"update shift_entries set struck_at = $2, struck_by = $3, struck_reason = $4 where id = $1 and struck_at is null returning {EntryColumns}", cancellationToken)).With(id, time.GetUtcNow(), by, reason);
        return (await command.ReadAllAsync(ReadEntry, cancellationToken)).FirstOrDefault();
    }

    /// <summary>Hands the shift over, or hands it over anew: the last holds until somebody has taken over.</summary>
    /// <returns>Whether it still ran.</returns>
    public async Task<bool> HandOverAsync(Guid id, string to, string? note, ShiftWaiting waiting, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync(
            "update shifts set handed_at = $2, handed_by = $3, handed_to = $4, note = $5, waiting = $6 where id = $1 and ended_at is null",
            cancellationToken)).With(id, time.GetUtcNow(), by, to, TextParameter.Of(note), new NpgsqlParameter { Value = JsonSerializer.Serialize(waiting, JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Ends a shift that was handed over and begins the next.</summary>
    /// <returns>Whether it was there to be taken: handed over by somebody else, and not taken yet.</returns>
    public async Task<bool> TakeAsync(Guid id, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var end = (await change.CommandAsync("update shifts set taken_by = $2, ended_at = $3 where id = $1 and ended_at is null and handed_by <> $2", cancellationToken)).With(id, by, now);
        if (await end.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return false;
        }

        await using var begin = (await change.CommandAsync("insert into shifts (id, held_by, begun_at) values ($1, $2, $3)", cancellationToken)).With(Guid.CreateVersion7(now), by, now);
        await begin.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>Whether there is what an entry refers to, and of which plate that is.</summary>
    public async Task<(bool Found, string? Plate)> PlateOfAsync(string kind, string about, CancellationToken cancellationToken)
    {
        await using var command = kind switch
        {
            ShiftReference.Station => Command("select null from stations where id = $1", about),
            ShiftReference.Alert => Command("select plate from alerts where id = $1", Guid.Parse(about)),
            ShiftReference.Charge => Command("select plate from charge_entries where id = $1", Guid.Parse(about)),
            _ => Command("select plate from review_cases where id = $1", Guid.Parse(about)),
        };
        return await command.ReadAllAsync(r => r.Text(0), cancellationToken) is [var plate] ? (true, plate) : (false, null);
    }

    private async Task<ShiftLogDetail?> DetailAsync(string which, bool alsoRestricted, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command($"select {Columns} from shifts where {which} order by begun_at desc, id desc limit 1", values);
        if (await command.ReadAllAsync(Read, cancellationToken) is not [var (shift, waiting)])
        {
            return null;
        }

        await using var entries = Command($"select {EntryColumns} from shift_entries where shift_id = $1 and {(alsoRestricted ? "true" : Restricted.Not("plate"))} order by at, id", shift.Id);
        return new ShiftLogDetail(shift, await entries.ReadAllAsync(ReadEntry, cancellationToken), waiting);
    }

    private static (ShiftLogView Shift, ShiftWaiting? Waiting) Read(NpgsqlDataReader r) => (
        new ShiftLogView(r.GetGuid(0), r.GetString(1), r.Time(2), TimeOf(r, 3), r.Text(4), r.Text(5), r.Text(6), r.Text(7), TimeOf(r, 8), r.GetInt32(9)),
        r.Text(10) is { } waiting ? JsonSerializer.Deserialize<ShiftWaiting>(waiting, JsonSerializerOptions.Web) : null);

    private static ShiftLogEntry ReadEntry(NpgsqlDataReader r) => new(r.GetGuid(0), r.Time(1), r.GetString(2), r.GetString(3), r.Text(4), r.Text(5), r.Id(6), TimeOf(r, 7), r.Text(8), r.Text(9));

    private static DateTimeOffset? TimeOf(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.Time(column);

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values) => dataSource.CreateCommand(sql).With(values);
}
