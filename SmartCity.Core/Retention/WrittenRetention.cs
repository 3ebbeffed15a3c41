using Npgsql;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Retention;

/// <summary>Removes what people wrote: shifts that are over with their logs, and notes. What is about a restricted plate stays.</summary>
internal sealed class WrittenRetention(NpgsqlDataSource dataSource)
{
    public Task<Removal> ShiftsAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken) =>
        BatchedRemoval.RunAsync(dataSource, $"delete from shifts where id in (select id from shifts s where ended_at < $1 and not exists (select from shift_entries e where e.shift_id = s.id and {Restricted.Is("e.plate")}) order by ended_at limit $2)", before, batchSize, cancellationToken);

    public Task<Removal> NotesAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken) =>
        BatchedRemoval.RunAsync(dataSource, $"delete from notes where id in (select id from notes where at < $1 and {Restricted.Not("plate")} order by at limit $2)", before, batchSize, cancellationToken);
}
