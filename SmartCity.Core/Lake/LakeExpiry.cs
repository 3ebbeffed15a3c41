using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Lake;

/// <summary>Lets old snapshots of a table go, and deletes the files that only they had. What breaks off in between, the next run finishes.</summary>
public sealed class LakeExpiry(NpgsqlDataSource dataSource, CityLake lake)
{
    /// <summary>Of all tables, the snapshots from before the time given. The current one stays, and those that a branch or a tag names.</summary>
    /// <returns>How many snapshots went, and which files.</returns>
    public async Task<LakeExpired> RunAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await FinishAsync(cancellationToken);
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
        await using var note = new NpgsqlCommand("insert into lake_leaving (location) select unnest($1) on conflict do nothing", connection, transaction).With((object)gone.ToArray());
        await note.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await FinishAsync(cancellationToken);
        return new LakeExpired(count, gone);
    }

    /// <summary>Deletes what is still to be deleted, of earlier runs too.</summary>
    /// <exception cref="IOException">A file cannot be deleted; the message names it. All others are gone.</exception>
    internal async Task FinishAsync(CancellationToken cancellationToken)
    {
        await using var list = dataSource.CreateCommand("select location from lake_leaving order by 1");
        var (left, cause) = (new List<string>(), (Exception?)null);
        foreach (var file in await list.ReadAllAsync(r => r.GetString(0), cancellationToken))
        {
            try
            {
                await lake.Files.DeleteAsync(file, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                left.Add(file);
                cause ??= e;
                continue;
            }

            if (await lake.Files.SizeAsync(file, cancellationToken) is not null)
            {
                left.Add(file);
                continue;
            }

            await using var done = dataSource.CreateCommand("delete from lake_leaving where location = $1").With(file);
            await done.ExecuteNonQueryAsync(cancellationToken);
        }

        if (left.Count > 0)
        {
            throw new IOException($"The object store does not delete {string.Join(", ", left)}{(cause is null ? "" : $": {cause.Message.TrimEnd('.')}")}. No snapshot of the lake has these files any more. It is tried again with the next run.", cause);
        }
    }
}

/// <param name="Files">Locations of the files that were deleted.</param>
public sealed record LakeExpired(int Snapshots, IReadOnlyList<string> Files);
