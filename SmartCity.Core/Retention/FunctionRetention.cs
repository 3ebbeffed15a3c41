using Npgsql;

namespace SmartCity.Core.Retention;

/// <summary>Removes what functions never took, and what waits for functions that the city file no longer names.</summary>
internal sealed class FunctionRetention(NpgsqlDataSource dataSource)
{
    public async Task<Removal> RunAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken)
    {
        var total = 0L;
        int removed;
        do
        {
            await using var command = dataSource.CreateCommand(
                """
                delete from function_events where id in (
                    select id from function_events e
                    where case state when 'dead' then given_up_at < $1 else at < $1 and not exists (select from functions f where f.name = e.function and cardinality(f.events) > 0) end
                    order by id limit $2)
                """);
            command.CommandTimeout = RetentionRules.CommandSeconds;
            command.Parameters.Add(new() { Value = before });
            command.Parameters.Add(new() { Value = batchSize });
            removed = await command.ExecuteNonQueryAsync(cancellationToken);
            total += removed;
        }
        while (removed == batchSize);
        return new Removal(total, 0, 0);
    }
}
