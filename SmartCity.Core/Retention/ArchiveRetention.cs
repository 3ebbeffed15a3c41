using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake;

namespace SmartCity.Core.Retention;

/// <summary>Takes days that are too old out of the lake: the files of each go with the last snapshot that still has them. Rows of restricted plates stay, in files of their own.</summary>
internal sealed class ArchiveRetention(NpgsqlDataSource dataSource, CityLake lake)
{
    public async Task<Removal> RunAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var last = DateOnly.FromDateTime(before.UtcDateTime).AddDays(-1);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select plate from restricted_plates", connection);
        var restricted = (await command.ReadAllAsync(r => r.GetString(0), cancellationToken)).ToHashSet(StringComparer.Ordinal);
        var total = default(Removal);
        foreach (var table in lake.Tables.Where(t => t.Definition.IsRemovedByDay))
        {
            if (restricted.Count > 0)
            {
                total += await ReduceAsync(connection, table, last, restricted, cancellationToken);
                continue;
            }

            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            if (await table.LoadAsync(connection, transaction, cancellationToken) is { } state && await table.LiveAsync(state, DateOnly.MinValue, last, cancellationToken) is { Count: > 0 } old)
            {
                await table.CommitAsync(connection, transaction, new LakeChange("delete", [], old), cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                total += new Removal(old.Count, 0, old.Sum(f => f.File.Bytes));
            }
        }

        return total;
    }

    // A file at a time: most come to nothing, and one that has rows of restricted plates alone stays as it is.
    private async Task<Removal> ReduceAsync(NpgsqlConnection connection, LakeTable table, DateOnly last, HashSet<string> restricted, CancellationToken cancellationToken)
    {
        var total = default(Removal);
        if (await table.LoadAsync(connection, null, cancellationToken) is not { } state)
        {
            return total;
        }

        var columns = LakePlates.ColumnsOf(table.Definition);
        foreach (var file in await table.LiveAsync(state, DateOnly.MinValue, last, cancellationToken))
        {
            var rewrite = new LakeRewrite(dataSource, lake, table, new ArchiveOptions().CompactBytes);
            total += await rewrite.RunAsync(LakeDay.Of((int)file.File.Partition[0]!), [file], (batch, row) => Array.Exists(columns, c => batch.Values[c].Text(row) is { } plate && restricted.Contains(plate)), cancellationToken) is { } left
                ? new Removal(left.Objects == 0 ? 1 : 0, left.Objects, file.File.Bytes - left.Bytes)
                : new Removal(0, 1, 0);
        }

        return total;
    }
}
