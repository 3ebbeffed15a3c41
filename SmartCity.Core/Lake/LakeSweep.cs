using Npgsql;

namespace SmartCity.Core.Lake;

/// <summary>
/// Finds objects below the tables' folders that no metadata names: what a crash left, and what others threw away. It begins with the tables as the catalogue
/// has them in one transaction, then lists; what is younger than the longest write is spared, for a commit may be about to name it.
/// </summary>
public sealed class LakeSweep(NpgsqlDataSource dataSource, CityLake lake)
{
    /// <summary>No write takes this long.</summary>
    public static readonly TimeSpan Youngest = TimeSpan.FromDays(1);

    private const string FolderBefore = "sightings/";

    /// <summary>What would be deleted.</summary>
    /// <exception cref="InvalidDataException">Metadata is missing or damaged, so nothing can be said; the message names the file.</exception>
    public async Task<List<LakeOrphan>> FindAsync(TimeSpan youngest, CancellationToken cancellationToken)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        var before = lake.Time.GetUtcNow() - youngest;
        var folders = new List<(string Folder, string? Metadata)>();
        await using (var connection = await dataSource.OpenConnectionAsync(cancellationToken))
        {
            await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
            foreach (var table in lake.Tables)
            {
                if (await table.LoadAsync(connection, transaction, cancellationToken) is { } state)
                {
                    named.UnionWith((await LakeReach.AllAsync(table, state.Location, state.Metadata, cancellationToken)).Select(lake.Files.Key));
                    folders.Add((LakeFiles.Folder(table.Name), lake.Files.Key(state.Location)));
                }
            }

            // What is still to be taken over is named there.
            await using var waiting = new NpgsqlCommand("select exists (select from archive_objects)", connection, transaction);
            if (await waiting.ExecuteScalarAsync(cancellationToken) is false)
            {
                folders.Add((FolderBefore, null));
            }
        }

        var orphans = new List<LakeOrphan>();
        foreach (var (folder, metadata) in folders)
        {
            await foreach (var entry in lake.Files.ListAsync(folder, cancellationToken))
            {
                if (metadata is not null && entry.LastModified < before && IsLater(entry.Key, metadata))
                {
                    throw new InvalidDataException(
                        $"{entry.Key} of {entry.LastModified.UtcDateTime:yyyy-MM-dd HH:mm} UTC is a later state of the table than {metadata}, which the catalogue names, so nothing is deleted. If Postgres was restored to a moment before that, the lake is ahead of it: set the table's metadata_location in iceberg_tables to the latest such file. If Postgres was never restored, the file is of a commit that was broken off: delete it, or wait for the table's next commit, after which it goes by itself.");
                }

                if (entry.LastModified < before && !named.Contains(entry.Key))
                {
                    orphans.Add(new LakeOrphan(entry.Key, entry.Bytes, entry.LastModified));
                }
            }
        }

        return orphans;
    }

    public async Task RemoveAsync(IReadOnlyList<LakeOrphan> orphans, CancellationToken cancellationToken)
    {
        foreach (var orphan in orphans)
        {
            await lake.Files.DeleteAsync(lake.Files.Location(orphan.Key), cancellationToken);
        }
    }

    private static bool IsLater(string key, string metadata) => key.EndsWith(".metadata.json", StringComparison.Ordinal) && LakeTable.NumberOf(key) > LakeTable.NumberOf(metadata);
}

/// <summary>An object of the lake's folders that no metadata names.</summary>
public sealed record LakeOrphan(string Key, long Bytes, DateTimeOffset LastModified);
