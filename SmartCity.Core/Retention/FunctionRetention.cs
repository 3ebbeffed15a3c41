using Npgsql;

namespace SmartCity.Core.Retention;

/// <summary>Removes what functions never took, and what waits for functions that the city file no longer names.</summary>
internal sealed class FunctionRetention(NpgsqlDataSource dataSource)
{
    public Task<Removal> RunAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken) =>
        BatchedRemoval.RunAsync(
            dataSource,
            """
            delete from function_events where id in (
                select id from function_events e
                where case state when 'dead' then given_up_at < $1 else at < $1 and not exists (select from functions f where f.name = e.function and cardinality(f.events) > 0) end
                order by id limit $2)
            """,
            before,
            batchSize,
            cancellationToken);
}
