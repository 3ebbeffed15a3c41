using Npgsql;

namespace SmartCity.Core.Lake;

/// <summary>Lets old snapshots of a table go, and deletes the files that only they had. What breaks off in between, <see cref="LakeSweep"/> finishes.</summary>
public sealed class LakeExpiry(NpgsqlDataSource dataSource, CityLake lake)
{
    /// <summary>Of all tables, the snapshots from before the time given. The current one stays, and those that a branch or a tag names.</summary>
    /// <returns>How many snapshots went, and which files.</returns>
    public async Task<LakeExpired> RunAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var total = new LakeExpired(0, []);
        foreach (var table in lake.Tables)
        {
            var expired = await RunAsync(table, before, cancellationToken);
            total = new LakeExpired(total.Snapshots + expired.Snapshots, [.. total.Files, .. expired.Files]);
        }

        return total;
    }

    internal async Task<LakeExpired> RunAsync(LakeTable table, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var count = 0;
        var changed = await table.ChangeAsync(
            connection,
            transaction,
            state =>
            {
                var kept = state.Metadata.Referenced;
                var old = state.Metadata.Snapshots.Where(s => s.At < before && !kept.Contains(s.Id) && s.Id != state.Metadata.CurrentSnapshot!.Id).Select(s => s.Id).ToHashSet();
                count = old.Count;
                return count == 0 ? null : state.Metadata.Without(old, state.Location, lake.Time.GetUtcNow());
            },
            cancellationToken);
        if (changed is not var (state, after))
        {
            return new LakeExpired(0, []);
        }

        var gone = await LakeReach.OnlyBeforeAsync(table, state.Metadata, after, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        foreach (var file in gone)
        {
            await lake.Files.DeleteAsync(file, cancellationToken);
        }

        return new LakeExpired(count, gone);
    }
}

/// <param name="Files">Locations of the files that were deleted.</param>
public sealed record LakeExpired(int Snapshots, IReadOnlyList<string> Files);
