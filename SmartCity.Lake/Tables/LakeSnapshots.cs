using System.Collections.Concurrent;
using Npgsql;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Lake.Tables;

/// <summary>The tables as they are now. What a metadata file says never changes, so the last one of each table is kept as it was read.</summary>
internal sealed class LakeSnapshots(NpgsqlDataSource dataSource, CityLake lake)
{
    private readonly ConcurrentDictionary<string, (string Location, LakeSnapshot Snapshot)> _last = new(StringComparer.Ordinal);

    /// <summary>Of several tables at one moment.</summary>
    /// <exception cref="InvalidDataException">Metadata is missing or damaged, or another engine has deleted rows that the files still have; the message says which.</exception>
    public async Task<IReadOnlyList<LakeSnapshot>> ReadAsync(IReadOnlyList<CityTable> tables, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var snapshots = new List<LakeSnapshot>(tables.Count);
        foreach (var city in tables)
        {
            var table = lake.Table(city.Definition);
            var location = await LakeCatalogue.FindAsync(connection, transaction, table.Name, cancellationToken);
            if (location is null)
            {
                snapshots.Add(new LakeSnapshot([]));
                continue;
            }

            if (!_last.TryGetValue(table.Name, out var last) || last.Location != location)
            {
                var state = (await table.LoadAsync(connection, transaction, cancellationToken))!;
                last = (state.Location, new LakeSnapshot([.. (await table.LiveAsync(state, DateOnly.MinValue, DateOnly.MaxValue, cancellationToken)).Select(f => Of(state, f))]));
                _last[table.Name] = last;
            }

            snapshots.Add(last.Snapshot);
        }

        return snapshots;
    }

    // Files that were taken over have the station in their partition and nowhere else.
    private static SnapshotFile Of(LakeState state, LiveFile file)
    {
        var fields = state.Metadata.SpecOf(file.SpecId).Fields;
        var place = fields.ToList().FindIndex(f => f.Transform == "identity");
        return new SnapshotFile(file.File, place < 0 ? null : (string?)file.File.Partition[place]);
    }
}

internal sealed record LakeSnapshot(IReadOnlyList<SnapshotFile> Files);

/// <param name="Station">Of a file from before there was a lake, which has no field ids; null for all others.</param>
internal sealed record SnapshotFile(DataFile File, string? Station);
