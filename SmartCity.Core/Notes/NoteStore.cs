using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Notes;

/// <summary>Notes in the database, newest first.</summary>
internal sealed class NoteStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const string Columns = "id, at, by, text";
    private const int Most = Paging.MaximumLimit;

    /// <param name="alsoRestricted">Whether those on a vehicle whose processing is restricted are among them.</param>
    public Task<List<NoteView>> OfVehicleAsync(string plate, bool alsoRestricted, CancellationToken cancellationToken) =>
        ListAsync($"plate = $1 and {(alsoRestricted ? "true" : Restricted.Not("plate"))}", plate, cancellationToken);

    public Task<List<NoteView>> OfStationAsync(string station, CancellationToken cancellationToken) => ListAsync("station_id = $1", station, cancellationToken);

    /// <summary>The plate of an alert; null when there is no such alert.</summary>
    public async Task<string?> PlateOfAsync(Guid alert, CancellationToken cancellationToken)
    {
        await using var command = Command("select plate from alerts where id = $1", alert);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    public async Task<bool> IsStationAsync(string station, CancellationToken cancellationToken)
    {
        await using var command = Command("select exists (select from stations where id = $1)", station);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <param name="plate">Of the vehicle that it is on; null when it is on a station.</param>
    public async Task<NoteView> AddAsync(string? plate, string? station, string text, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var note = new NoteView(Guid.CreateVersion7(time.GetUtcNow()), time.GetUtcNow(), by, text);
        await using var command = (await change.CommandAsync("insert into notes (id, plate, station_id, at, by, text) values ($1, $2, $3, $4, $5, $6)", cancellationToken)).With(note.Id, TextParameter.Of(plate), TextParameter.Of(station), note.At, by, text);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return note;
    }

    /// <param name="all">Whether they may remove what others wrote, too.</param>
    /// <param name="only">The stations that they are limited to; null for all.</param>
    /// <returns>What the note was on; null when there is no such note that they may remove.</returns>
    public static async Task<string?> RemoveAsync(Guid id, string by, bool all, string[]? only, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync("delete from notes where id = $1 and (by = $2 or $3) and ($4::text[] is null or station_id = any($4)) returning coalesce(plate, station_id)", cancellationToken)).With(id, by, all, TextParameter.Of(only));
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    private async Task<List<NoteView>> ListAsync(string which, string of, CancellationToken cancellationToken)
    {
        await using var command = Command($"select {Columns} from notes where {which} order by at desc, id desc limit {Most}", of);
        return await command.ReadAllAsync(r => new NoteView(r.GetGuid(0), r.Time(1), r.GetString(2), r.GetString(3)), cancellationToken);
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values) => dataSource.CreateCommand(sql).With(values);
}
