using Npgsql;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Retention;

/// <summary>Removes alerts that somebody has dealt with; then nothing keeps what they rest on any more. Those that are open or escalated stay, and those of restricted plates.</summary>
internal sealed class AlertRetention(NpgsqlDataSource dataSource)
{
    public Task<Removal> DismissedAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken) => RunAsync("state = 'dismissed'", before, batchSize, cancellationToken);

    public Task<Removal> OthersAsync(DateTimeOffset before, int batchSize, CancellationToken cancellationToken) => RunAsync("state in ('acknowledged', 'resolved')", before, batchSize, cancellationToken);

    // Conditions are constants. What people did and where it was sent goes with its alert.
    private async Task<Removal> RunAsync(string which, DateTimeOffset before, int batchSize, CancellationToken cancellationToken)
    {
        var total = await BatchedRemoval.RunAsync(
            dataSource, $"delete from alerts where id in (select id from alerts where {which} and raised_at < $1 and {Restricted.Not("plate")} order by raised_at limit $2)", before, batchSize, cancellationToken);
        await using var left = dataSource.CreateCommand("select count(*) from alerts where state in ('open', 'escalated') and raised_at < $1");
        left.Parameters.Add(new() { Value = before });
        return total + new Removal(0, (long)(await left.ExecuteScalarAsync(cancellationToken))!, 0);
    }
}
