using Npgsql;

namespace SmartCity.Core.Retention;

/// <summary>Removes rows a batch at a time, so that no statement holds many of them.</summary>
internal static class BatchedRemoval
{
    /// <param name="sql">Deletes at most <c>$2</c> rows of before <c>$1</c>.</param>
    public static async Task<Removal> RunAsync(NpgsqlDataSource dataSource, string sql, DateTimeOffset before, int batchSize, CancellationToken cancellationToken)
    {
        var total = 0L;
        int removed;
        do
        {
            await using var command = dataSource.CreateCommand(sql);
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
