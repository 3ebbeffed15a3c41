using System.Runtime.CompilerServices;
using Npgsql;

namespace SmartCity.Core.Lake;

/// <summary>What the lake has of one plate, of all days: also of those that Postgres no longer has. Each file that may have the plate is read once.</summary>
internal sealed class LakePlateRows(NpgsqlDataSource dataSource, CityLake lake)
{
    /// <summary>The tables that are filled day by day and keep what Postgres lets go.</summary>
    public IReadOnlyList<LakeTable> Tables => [.. lake.Tables.Where(t => t.Definition.IsRemovedByDay)];

    /// <summary>The values of each row, in the order of the table's columns; null when the table has never been written.</summary>
    /// <exception cref="InvalidDataException">A file is missing or damaged; the message names it.</exception>
    public async Task<IAsyncEnumerable<object?[]>?> ReadAsync(LakeTable table, string plate, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await table.LoadAsync(connection, null, cancellationToken) is { } state
            ? RowsAsync(table, await table.LiveAsync(state, DateOnly.MinValue, DateOnly.MaxValue, cancellationToken), plate, cancellationToken)
            : null;
    }

    private async IAsyncEnumerable<object?[]> RowsAsync(LakeTable table, List<LiveFile> files, string plate, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var columns = LakePlates.ColumnsOf(table.Definition);
        foreach (var file in files.Where(f => LakePlates.MayHave(table.Definition, f.File, plate)))
        {
            await foreach (var rows in LakeSource.BatchesAsync(lake, table, file, cancellationToken))
            {
                for (var row = 0; row < rows.Rows; row++)
                {
                    if (Array.Exists(columns, c => rows.Values[c].Text(row) == plate))
                    {
                        yield return [.. rows.Values.Select(v => v.Shown(row))];
                    }
                }
            }
        }
    }
}
