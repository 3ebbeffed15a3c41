using Npgsql;

namespace SmartCity.Core.Lake;

/// <summary>The lake as it is, for whoever looks after it.</summary>
public sealed class LakeOverview(NpgsqlDataSource dataSource, CityLake lake)
{
    public async Task<IReadOnlyList<LakeTableView>> TablesAsync(CancellationToken cancellationToken)
    {
        var views = new List<LakeTableView>();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        foreach (var table in lake.Tables)
        {
            if (await table.LoadAsync(connection, null, cancellationToken) is not { } state)
            {
                continue;
            }

            var current = state.Metadata.CurrentSnapshot;
            views.Add(new LakeTableView(
                table.Name, state.Location, current?.Figure("total-data-files") ?? 0, current?.Figure("total-records") ?? 0, current?.Figure("total-files-size") ?? 0, state.Metadata.Snapshots.Count, current?.At, state.HasDeleteFiles));
        }

        return views;
    }

    /// <exception cref="InvalidDataException">There is no such table; the message names those that there are.</exception>
    public async Task<IReadOnlyList<LakeSnapshotView>> SnapshotsAsync(string table, CancellationToken cancellationToken)
    {
        var (_, state) = await LoadAsync(table, cancellationToken);
        return [.. state.Metadata.Snapshots.Select(s => new LakeSnapshotView(s.Id, s.At, s.Operation, s.Figure("added-records"), s.Figure("deleted-records"), s.Figure("total-records")))];
    }

    /// <summary>Copies the files of days into a folder, each with the name of its day and its own.</summary>
    /// <returns>What was written.</returns>
    /// <inheritdoc cref="SnapshotsAsync" path="/exception"/>
    public async Task<IReadOnlyList<LakeExport>> ExportAsync(string table, DateOnly from, DateOnly to, string folder, CancellationToken cancellationToken)
    {
        var (known, state) = await LoadAsync(table, cancellationToken);
        Directory.CreateDirectory(folder);
        var made = new List<LakeExport>();
        foreach (var file in await known.LiveAsync(state, from, to, cancellationToken))
        {
            var day = file.File.Partition is [int number, ..] ? $"{LakeDay.Of(number):yyyy-MM-dd}-" : "";
            var path = Path.Combine(folder, day + file.File.Location[(file.File.Location.LastIndexOf('/') + 1)..]);
            await lake.Files.DownloadAsync(file.File.Location, path, cancellationToken);
            made.Add(new LakeExport(path, file.File.Rows, file.File.Bytes));
        }

        return made;
    }

    private async Task<(LakeTable Table, LakeState State)> LoadAsync(string name, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return lake.Tables.FirstOrDefault(t => t.Name == name) is { } table && await table.LoadAsync(connection, null, cancellationToken) is { } state
            ? (table, state)
            : throw new InvalidDataException($"The lake has no table {name}. It has {string.Join(", ", (await TablesAsync(cancellationToken)).Select(t => t.Name))}.");
    }
}

/// <param name="Location">The metadata file that is the table.</param>
/// <param name="Snapshots">States that can be asked for.</param>
/// <param name="HasDeleteFiles">Another engine has deleted rows without rewriting their files, and they are still counted.</param>
public sealed record LakeTableView(string Name, string Location, long Files, long Rows, long Bytes, int Snapshots, DateTimeOffset? ChangedAt, bool HasDeleteFiles);

/// <param name="Operation">append, replace (the same rows in other files), overwrite or delete.</param>
public sealed record LakeSnapshotView(long Id, DateTimeOffset At, string Operation, long Added, long Deleted, long Rows);

public sealed record LakeExport(string File, long Rows, long Bytes);
