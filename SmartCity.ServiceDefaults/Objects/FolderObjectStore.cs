namespace SmartCity.ServiceDefaults.Objects;

/// <summary>Objects as files under a folder. Written beside, flushed to the disk, then renamed: a reader sees a whole object or none.</summary>
public sealed class FolderObjectStore : IObjectStore
{
    private readonly string _root;

    public FolderObjectStore(string folder)
    {
        _root = Path.GetFullPath(folder);
        Directory.CreateDirectory(_root);
    }

    public string Address => $"file://{_root.TrimEnd('/')}/";

    public async Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken)
    {
        await WriteAsync(key, async file => await file.WriteAsync(content, cancellationToken), cancellationToken);
    }

    public async Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken)
    {
        await using var source = File.OpenRead(path);
        await WriteAsync(key, async file => await source.CopyToAsync(file, cancellationToken), cancellationToken);
    }

    public Task<bool> ExistsAsync(string key, CancellationToken cancellationToken) => Task.FromResult(File.Exists(PathOf(key)));

    public Task<Uri?> UploadAddressAsync(string key, TimeSpan validFor) => Task.FromResult<Uri?>(null);

    public Task PutOnceAsync(string key, ReadOnlyMemory<byte> content, string contentType, DateTimeOffset keepUntil, CancellationToken cancellationToken) => PutAsync(key, content, contentType, cancellationToken);

    public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, useAsync: true));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var folder = Path.Combine(_root, prefix.Contains('/', StringComparison.Ordinal) ? prefix[..prefix.LastIndexOf('/')] : "");
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        var entries = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => (File: file, Key: Path.GetRelativePath(_root, file.FullName).Replace('\\', '/')))
            .Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal) && !e.File.Name.StartsWith('.'))
            .OrderBy(e => e.Key, StringComparer.Ordinal);
        foreach (var (file, key) in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ObjectEntry(key, file.Length, file.LastWriteTimeUtc, $"{file.Length}-{file.LastWriteTimeUtc.Ticks}");
        }
    }

    public Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken)
    {
        var usage = new Dictionary<string, ObjectUsage>(StringComparer.Ordinal);
        foreach (var folder in new DirectoryInfo(_root).EnumerateDirectories())
        {
            foreach (var file in folder.EnumerateFiles("*", SearchOption.AllDirectories).Where(f => !f.Name.StartsWith('.') && f.Exists))
            {
                cancellationToken.ThrowIfCancellationRequested();
                usage[folder.Name] = usage.GetValueOrDefault(folder.Name).With(file.Length);
            }
        }

        return Task.FromResult<IReadOnlyDictionary<string, ObjectUsage>>(usage);
    }

    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        if (File.Exists(path))
        {
            File.Delete(path);
        }

        return Task.CompletedTask;
    }

    private async Task WriteAsync(string key, Func<FileStream, Task> write, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var folder = Path.GetDirectoryName(path)!;
        var known = folder;
        while (!Directory.Exists(known))
        {
            known = Path.GetDirectoryName(known)!;
        }

        Directory.CreateDirectory(folder);
        var beside = Path.Combine(folder, $".{Guid.NewGuid():n}");
        try
        {
            await using (var file = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 64 * 1024, useAsync: true))
            {
                await write(file);
                await file.FlushAsync(cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
            // A new folder is an entry of the one above.
            for (var each = folder; each is not null && each.Length >= known.Length; each = Path.GetDirectoryName(each))
            {
                FolderFlush.Flush(each);
            }
        }
        finally
        {
            File.Delete(beside);
        }
    }

    private string PathOf(string key)
    {
        ObjectKey.Check(key);
        return Path.Combine(_root, key);
    }
}
