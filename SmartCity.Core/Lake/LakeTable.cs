using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Npgsql;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>
/// One table: its state, and commits to it. A commit writes its manifests, the list of all manifests and the next metadata file, each durable, and then
/// moves the catalogue's pointer in the caller's transaction. If somebody else was first, it is made again on what they left. What a commit that did
/// not come to its end wrote is named by nobody; <see cref="LakeSweep"/> removes it.
/// </summary>
internal sealed class LakeTable(LakeTableDefinition definition, LakeFiles files, LakeCache cache, TimeProvider time)
{
    private const int MostAttempts = 100;

    // A day's manifest that has grown to this is left as it is, and the day gets another one.
    private const int MostEntries = 2_000;

    private const string Avro = "application/avro";
    private const string Json = "application/json";

    public LakeTableDefinition Definition => definition;

    public string Name => definition.Name;

    /// <summary>Null if the table is not in the catalogue.</summary>
    /// <exception cref="InvalidDataException">A file of its metadata is missing or damaged; the message names it.</exception>
    public async Task<LakeState?> LoadAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await LakeCatalogue.FindAsync(connection, transaction, Name, cancellationToken) is not { } location)
            {
                return null;
            }

            try
            {
                var metadata = await cache.ReadAsync(location, TableMetadata.Parse, cancellationToken);
                return new LakeState(location, metadata, await ManifestsAsync(metadata.CurrentSnapshot, cancellationToken));
            }
            catch (InvalidDataException e) when (attempt < MostAttempts)
            {
                await ThrowUnlessMovedAsync(e, connection, transaction, location, cancellationToken);
            }
        }
    }

    public async Task<IReadOnlyList<Manifest>> ManifestsAsync(Snapshot? snapshot, CancellationToken cancellationToken) =>
        snapshot is null ? [] : await cache.ReadAsync(snapshot.ManifestList, ManifestFiles.ReadList, cancellationToken);

    public Task<List<ManifestEntry>> EntriesAsync(TableMetadata metadata, Manifest manifest, CancellationToken cancellationToken) =>
        cache.ReadAsync(manifest.Location, file => ManifestFiles.Read(file, manifest, metadata.SpecOf(manifest.SpecId)), cancellationToken);

    /// <summary>The files of the current snapshot.</summary>
    /// <param name="from">First day; files of days before are left out.</param>
    /// <param name="to">Last day.</param>
    /// <exception cref="InvalidDataException">Another engine has deleted rows without rewriting their files: the files alone would be wrong.</exception>
    public async Task<List<LiveFile>> LiveAsync(LakeState state, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        if (state.HasDeleteFiles)
        {
            throw new InvalidDataException($"Table {Name} has files that name deleted rows (merge-on-read), which another engine wrote. Let that engine fold them in, in Trino by: alter table lake.{LakeCatalogue.Namespace}.{Name} execute optimize.");
        }

        var live = new List<LiveFile>();
        foreach (var manifest in state.Manifests.Where(m => m.Content == 0 && Overlaps(m, from, to)))
        {
            foreach (var entry in (await EntriesAsync(state.Metadata, manifest, cancellationToken)).Where(e => e.Status != EntryStatus.Deleted && IsWithin(e.File, from, to)))
            {
                live.Add(new LiveFile(manifest.SpecId, entry));
            }
        }

        return live;
    }

    /// <summary>All files of the current snapshot; none if the table is not in the catalogue.</summary>
    /// <inheritdoc cref="LiveAsync(LakeState, DateOnly, DateOnly, CancellationToken)"/>
    public async Task<List<LiveFile>> LiveAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await LoadAsync(connection, null, cancellationToken) is { } state ? await LiveAsync(state, DateOnly.MinValue, DateOnly.MaxValue, cancellationToken) : [];
    }

    /// <summary>Enters the table in the catalogue, without rows.</summary>
    /// <param name="specs">How its files are partitioned; the last one holds for new files.</param>
    /// <returns>False if it is there already.</returns>
    public async Task<bool> CreateAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<PartitionSpec> specs, IReadOnlyDictionary<string, string> properties, CancellationToken cancellationToken)
    {
        if (await LakeCatalogue.FindAsync(connection, transaction, Name, cancellationToken) is not null)
        {
            return false;
        }

        var folder = LakeFiles.Folder(Name);
        var metadata = TableMetadata.Create(
            files.Location(folder).TrimEnd('/'), definition.Schema, definition.LastColumnId, specs, definition.SortOrder,
            new Dictionary<string, string>([.. LakeTableDefinition.Properties, .. properties]), time.GetUtcNow());
        var location = await WriteAsync($"{folder}metadata/{MetadataName(0)}", metadata.ToBytes(), Json, cancellationToken);
        return await LakeCatalogue.InsertAsync(connection, transaction, Name, location, cancellationToken);
    }

    /// <summary>Writes the rows of a statement, which come in the table's order, to a new file; no snapshot has it yet.</summary>
    /// <param name="day">Their day; null for a table that is not partitioned.</param>
    /// <param name="path">Of a temporary file.</param>
    /// <returns>Null if there are none.</returns>
    public async Task<DataFile?> WriteAsync(NpgsqlCommand command, DateOnly? day, string path, CancellationToken cancellationToken)
    {
        using var parquet = new LakeParquetWriter(definition, path);
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                parquet.Add(reader);
            }
        }

        var file = parquet.Close();
        return file.Rows == 0 ? null : await UploadAsync(file, day, path, cancellationToken);
    }

    /// <summary>Makes a file durable in the object store.</summary>
    public async Task<DataFile> UploadAsync(DataFile file, DateOnly? day, string path, CancellationToken cancellationToken) => file with
    {
        Location = await files.UploadAsync(NewFileKey(day), path, cancellationToken),
        Partition = day is { } d ? [LakeDay.Number(d)] : [],
    };

    /// <summary>Commits a change in the caller's transaction; it holds when that is committed.</summary>
    /// <returns>The new snapshot.</returns>
    /// <exception cref="LakeConflictException">A file that is to be removed is no longer in the table.</exception>
    public async Task<Snapshot> CommitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, LakeChange change, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = await LoadAsync(connection, transaction, cancellationToken) ?? throw new InvalidOperationException($"Table {Name} is not in the lake's catalogue.");
            try
            {
                var (snapshot, written) = await BuildAsync(state, change, cancellationToken);
                if (await SwapAsync(connection, transaction, state, state.Metadata.With(snapshot, state.Location), written, cancellationToken))
                {
                    return snapshot;
                }
            }
            catch (InvalidDataException e) when (attempt < MostAttempts)
            {
                await ThrowUnlessMovedAsync(e, connection, transaction, state.Location, cancellationToken);
            }

            if (attempt == MostAttempts)
            {
                throw new LakeConflictException($"Table {Name} was changed by others {MostAttempts} times while a commit to it was made.");
            }
        }
    }

    /// <summary>Commits metadata that differs in something else than a snapshot.</summary>
    /// <param name="change">Of the state as it is; null to leave it.</param>
    /// <returns>The state before and the metadata after; null if nothing was changed.</returns>
    public async Task<(LakeState Before, TableMetadata After)?> ChangeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Func<LakeState, TableMetadata?> change, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= MostAttempts; attempt++)
        {
            if (await LoadAsync(connection, transaction, cancellationToken) is not { } state || change(state) is not { } next)
            {
                return null;
            }

            if (await SwapAsync(connection, transaction, state, next, [], cancellationToken))
            {
                return (state, next);
            }
        }

        throw new LakeConflictException($"Table {Name} was changed by others {MostAttempts} times while a commit to it was made.");
    }

    /// <summary>The number in a metadata file's name; each is one more than the one before.</summary>
    public static int NumberOf(string location) =>
        int.TryParse(location[(location.LastIndexOf('/') + 1)..].Split('-')[0], CultureInfo.InvariantCulture, out var number) ? number : 0;

    private string NewFileKey(DateOnly? day) =>
        $"{LakeFiles.Folder(Name)}data/{(day is { } d ? $"{definition.PartitionBy}_day={d:yyyy-MM-dd}/" : "")}{Guid.CreateVersion7(time.GetUtcNow())}.parquet";

    // A file of a state that somebody has moved on from may be gone: then the next state is to be read.
    private async Task ThrowUnlessMovedAsync(InvalidDataException e, NpgsqlConnection connection, NpgsqlTransaction? transaction, string location, CancellationToken cancellationToken)
    {
        if (await LakeCatalogue.FindAsync(connection, transaction, Name, cancellationToken) == location)
        {
            ExceptionDispatchInfo.Throw(e);
        }
    }

    private async Task<bool> SwapAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, LakeState state, TableMetadata next, List<string> written, CancellationToken cancellationToken)
    {
        var location = await WriteAsync($"{LakeFiles.Folder(Name)}metadata/{MetadataName(NumberOf(state.Location) + 1)}", next.ToBytes(), Json, cancellationToken);
        if (await LakeCatalogue.SwapAsync(connection, transaction, Name, state.Location, location, cancellationToken))
        {
            return true;
        }

        // Nobody can have seen what no pointer has ever named.
        foreach (var file in written.Append(location))
        {
            await files.DeleteAsync(file, cancellationToken);
        }

        return false;
    }

    private async Task<(Snapshot Snapshot, List<string> Written)> BuildAsync(LakeState state, LakeChange change, CancellationToken cancellationToken)
    {
        var metadata = state.Metadata;
        var (id, sequence) = (NewId(), metadata.LastSequence + 1);
        var spec = change.SpecId is { } given ? metadata.SpecOf(given) : metadata.Spec;
        var removed = change.Removed.ToDictionary(f => f.File.Location);
        var waiting = change.Added.GroupBy(f => DayKey(f.Partition)).ToDictionary(g => g.Key, g => g.ToList());
        var (manifests, written) = (new List<Manifest>(), new List<string>());
        foreach (var manifest in state.Manifests.Where(m => m.Files.Added + m.Files.Existing > 0))
        {
            var day = manifest.Content == 0 && manifest.SpecId == spec.Id && SingleDay(manifest) is { } key && waiting.ContainsKey(key) && manifest.Files.Added + manifest.Files.Existing < MostEntries ? key : null;
            var holds = manifest.Content == 0 && removed.Values.Any(f => f.SpecId == manifest.SpecId && Covers(manifest, f.File.Partition));
            if (day is null && !holds)
            {
                manifests.Add(manifest);
                continue;
            }

            var entries = (await EntriesAsync(metadata, manifest, cancellationToken)).Where(e => e.Status != EntryStatus.Deleted)
                .Select(e => removed.Remove(e.File.Location) ? Deleted(e, id) : e with { Status = EntryStatus.Existing })
                .ToList();
            if (day is null && entries.TrueForAll(e => e.Status == EntryStatus.Existing))
            {
                manifests.Add(manifest);
                continue;
            }

            List<DataFile> added = day is not null && waiting.Remove(day, out var ofTheDay) ? ofTheDay : [];
            manifests.Add(await WriteManifestAsync(metadata, metadata.SpecOf(manifest.SpecId), id, sequence, entries, added, written, cancellationToken));
        }

        if (removed.Count > 0)
        {
            throw new LakeConflictException($"{removed.Keys.First()} is no longer in table {Name}.");
        }

        foreach (var added in waiting.Values)
        {
            manifests.Add(await WriteManifestAsync(metadata, spec, id, sequence, [], added, written, cancellationToken));
        }

        var parent = metadata.CurrentSnapshot;
        var list = ManifestFiles.WriteList(id, parent?.Id, sequence, manifests);
        var location = await WriteAsync($"{LakeFiles.Folder(Name)}metadata/snap-{id}-1-{Guid.NewGuid()}.avro", list, Avro, cancellationToken);
        written.Add(location);

        // Time does not go back in a table, whatever clocks say.
        var now = time.GetUtcNow();
        var at = parent is not null && parent.At > now ? parent.At : now;
        return (new Snapshot(id, parent?.Id, sequence, at, location, change.Operation, Summary(parent, change)), written);
    }

    private async Task<Manifest> WriteManifestAsync(
        TableMetadata metadata, PartitionSpec spec, long snapshotId, long sequence, List<ManifestEntry> entries, List<DataFile> added, List<string> written, CancellationToken cancellationToken)
    {
        entries = [.. entries, .. added.Select(f => new ManifestEntry(EntryStatus.Added, snapshotId, sequence, sequence, f))];
        var content = ManifestFiles.Write(metadata.Schema, spec, entries);
        var location = await WriteAsync($"{LakeFiles.Folder(Name)}metadata/{Guid.NewGuid()}-m0.avro", content, Avro, cancellationToken);
        written.Add(location);
        return ManifestFiles.Describe(location, content.Length, spec, snapshotId, sequence, entries);
    }

    private async Task<string> WriteAsync(string key, byte[] content, string contentType, CancellationToken cancellationToken)
    {
        var location = await files.WriteAsync(key, content, contentType, cancellationToken);
        cache.Add(location, content);
        return location;
    }

    // Without its bounds, which may be somebody's plate.
    private static ManifestEntry Deleted(ManifestEntry entry, long snapshotId) =>
        entry with { Status = EntryStatus.Deleted, SnapshotId = snapshotId, File = entry.File with { Lower = new Dictionary<int, byte[]>(), Upper = new Dictionary<int, byte[]>() } };

    private static Dictionary<string, string> Summary(Snapshot? parent, LakeChange change)
    {
        var (added, removed) = (change.Added, change.Removed.Select(f => f.File).ToList());
        var summary = new Dictionary<string, string>(change.Notes);
        Note("added-data-files", added.Count);
        Note("added-records", added.Sum(f => f.Rows));
        Note("added-files-size", added.Sum(f => f.Bytes));
        Note("deleted-data-files", removed.Count);
        Note("deleted-records", removed.Sum(f => f.Rows));
        Note("removed-files-size", removed.Sum(f => f.Bytes));
        Note("changed-partition-count", added.Concat(removed).Select(f => DayKey(f.Partition)).Distinct().Count());
        Total("total-data-files", added.Count - removed.Count);
        Total("total-records", added.Sum(f => f.Rows) - removed.Sum(f => f.Rows));
        Total("total-files-size", added.Sum(f => f.Bytes) - removed.Sum(f => f.Bytes));
        Total("total-delete-files", 0);
        Total("total-position-deletes", 0);
        Total("total-equality-deletes", 0);
        return summary;

        void Note(string name, long value)
        {
            if (value > 0)
            {
                summary[name] = value.ToString(CultureInfo.InvariantCulture);
            }
        }

        void Total(string name, long more) => summary[name] = ((parent?.Figure(name) ?? 0) + more).ToString(CultureInfo.InvariantCulture);
    }

    // Files of one day go into one manifest, whatever else they are apart by.
    private static string DayKey(IReadOnlyList<object?> partition) => partition.Count == 0 || partition[0] is not { } first ? "" : Convert.ToHexString(SingleValue.OfPartition(first));

    // The day that all files of a manifest have; null if there are several.
    private static string? SingleDay(Manifest manifest) => manifest.Partitions.Count == 0 ? ""
        : manifest.Partitions[0] is { HasNull: false, Lower: { } lower, Upper: { } upper } && lower.AsSpan().SequenceEqual(upper) ? Convert.ToHexString(lower)
        : null;

    private static bool Covers(Manifest manifest, IReadOnlyList<object?> partition) =>
        manifest.Partitions.Count == 0 || partition.Zip(manifest.Partitions).All(p => p.First switch
        {
            null => p.Second.HasNull,
            int day => p.Second is { Lower: { } lower, Upper: { } upper } && SingleValue.ToInt(lower) <= day && SingleValue.ToInt(upper) >= day,
            _ => true,
        });

    private static bool Overlaps(Manifest manifest, DateOnly from, DateOnly to) =>
        manifest.Partitions.Count == 0 || manifest.Partitions[0] is not { Lower: { Length: sizeof(int) } lower, Upper: { } upper }
        || (LakeDay.Of(SingleValue.ToInt(lower)) <= to && LakeDay.Of(SingleValue.ToInt(upper)) >= from);

    private static bool IsWithin(DataFile file, DateOnly from, DateOnly to) => file.Partition.Count == 0 || file.Partition[0] is not int day || (LakeDay.Of(day) >= from && LakeDay.Of(day) <= to);

    private static long NewId() => BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue;

    private static string MetadataName(int number) => string.Create(CultureInfo.InvariantCulture, $"{number:00000}-{Guid.NewGuid()}.metadata.json");
}
