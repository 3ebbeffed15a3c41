using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Lake.Tables;

/// <summary>
/// The lake's files on this machine. They never change, so a copy is good as long as the lake has the file; the least recently used go when there are too many bytes,
/// and those that nobody has used for a day, so that what was erased or is past its retention does not stay here. Files of a lake that is a folder are read where they are.
/// </summary>
internal sealed class FileCache : IDisposable
{
    private const int AtOnce = 8;
    private static readonly TimeSpan MostUnused = TimeSpan.FromDays(1);
    private static readonly TimeSpan LooksEvery = TimeSpan.FromHours(1);

    private readonly CityLake _lake;
    private readonly string _folder;
    private readonly long _mostBytes;
    private readonly string? _local;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _known = new(StringComparer.Ordinal);
    private readonly LinkedList<string> _order = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _bytes;

    /// <param name="folder">For copies; what is in it of before is used again.</param>
    public FileCache(CityLake lake, IObjectStore objects, string folder, long mostBytes, TimeProvider time)
    {
        (_lake, _folder, _mostBytes, _time) = (lake, Path.Combine(folder, "files"), mostBytes, time);
        PrivateFolder.Make(_folder);
        if (Uri.TryCreate(objects.Address, UriKind.Absolute, out var uri) && uri.IsFile)
        {
            _local = uri.LocalPath;
        }

        // Of a process that ended in the middle of a download.
        foreach (var part in Directory.EnumerateFiles(_folder, "*.parquet.*"))
        {
            File.Delete(part);
        }

        foreach (var file in new DirectoryInfo(_folder).EnumerateFiles("*.parquet").OrderBy(f => f.LastAccessTimeUtc))
        {
            // The name says how many bytes it has to have.
            if (!file.Name.EndsWith(string.Create(CultureInfo.InvariantCulture, $"-{file.Length}.parquet"), StringComparison.Ordinal))
            {
                file.Delete();
                continue;
            }

            _known[file.Name] = new Entry(Task.CompletedTask, file.Length, _order.AddLast(file.Name), file.LastAccessTimeUtc);
            _bytes += file.Length;
        }

        _timer = time.CreateTimer(_ => Look(), null, TimeSpan.Zero, LooksEvery);
    }

    /// <summary>The folders that DuckDB may read.</summary>
    public IReadOnlyList<string> Folders => _local is null ? [_folder] : [_folder, _local];

    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Paths of files, which stay until the lease ends.</summary>
    /// <exception cref="InvalidDataException">A file is missing or is not as the lake says; the message names it.</exception>
    public async Task<FileLease> LeaseAsync(IReadOnlyList<DataFile> files, CancellationToken cancellationToken)
    {
        if (_local is not null)
        {
            return new FileLease([.. files.Select(Local)], () => { });
        }

        var names = files.Select(NameOf).ToList();
        Pin(names, +1);
        var lease = new FileLease([.. names.Select(n => Path.Combine(_folder, n))], () => Pin(names, -1));
        try
        {
            await Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (file, token) => await FetchAsync(file, token));
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Forgets a copy that cannot be read: the next statement gets another.</summary>
    public void Evict(DataFile file)
    {
        var name = NameOf(file);
        lock (_lock)
        {
            if (_local is null && _known.TryGetValue(name, out var entry) && entry.Fetch is { IsCompletedSuccessfully: true })
            {
                // A statement that reads it at this moment keeps what it has open.
                File.Delete(Path.Combine(_folder, name));
                _bytes -= entry.Bytes;
                entry.Bytes = 0;
                entry.Fetch = null;
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_lock)
        {
            Shrink();
        }
    }

    private string Local(DataFile file)
    {
        var path = _local + _lake.Files.Key(file.Location);
        return new FileInfo(path) is { Exists: true, Length: var bytes }
            ? bytes == file.Bytes ? path : throw Wrong(file, bytes)
            : throw new InvalidDataException($"{file.Location} belongs to the lake and is not in the object store.");
    }

    private async Task FetchAsync(DataFile file, CancellationToken cancellationToken)
    {
        var name = NameOf(file);
        Task fetch;
        lock (_lock)
        {
            var entry = _known[name];
            if (entry.Fetch is null or { IsFaulted: true } or { IsCanceled: true })
            {
                // Whoever else waits for it is not stopped with this one.
                entry.Fetch = DownloadAsync(file, name);
            }

            fetch = entry.Fetch;
        }

        await fetch.WaitAsync(cancellationToken);
    }

    private async Task DownloadAsync(DataFile file, string name)
    {
        var path = Path.Combine(_folder, name);
        var part = $"{path}.{Guid.NewGuid():N}";
        try
        {
            await _lake.Files.DownloadAsync(file.Location, part, CancellationToken.None);
            if (new FileInfo(part).Length is var bytes && bytes != file.Bytes)
            {
                throw Wrong(file, bytes);
            }

            // DuckDB looks at no checksum, and would take what it finds for the rows.
            if (await Task.Run(() => LakePages.Fault(part)) is { } fault)
            {
                throw new InvalidDataException($"{file.Location} cannot be read: it is damaged ({fault}). 'smartcity lake check' looks at every file.");
            }

            File.Move(part, path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }

        lock (_lock)
        {
            _known[name].Bytes = file.Bytes;
            _bytes += file.Bytes;
            Shrink();
        }
    }

    private void Pin(List<string> names, int by)
    {
        lock (_lock)
        {
            foreach (var name in names)
            {
                if (!_known.TryGetValue(name, out var entry))
                {
                    _known[name] = entry = new Entry(null, 0, _order.AddLast(name), _time.GetUtcNow());
                }

                entry.Pins += by;
                entry.UsedAt = _time.GetUtcNow();
                _order.Remove(entry.Place);
                _order.AddLast(entry.Place);
            }

            Shrink();
        }
    }

    private void Shrink()
    {
        var old = _time.GetUtcNow() - MostUnused;
        for (var place = _order.First; place is not null && (_bytes > _mostBytes || _known[place.Value].UsedAt < old);)
        {
            var next = place.Next;
            if (_known[place.Value] is { Pins: 0, Fetch: null or { IsCompleted: true } } entry)
            {
                File.Delete(Path.Combine(_folder, place.Value));
                _bytes -= entry.Bytes;
                _known.Remove(place.Value);
                _order.Remove(place);
            }

            place = next;
        }
    }

    private static InvalidDataException Wrong(DataFile file, long bytes) => new($"{file.Location} has {bytes} bytes, and the lake says that it has {file.Bytes}: it is damaged. 'smartcity lake check' looks at every file.");

    private static string NameOf(DataFile file) => $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file.Location)))[..32]}-{file.Bytes}.parquet";

    private sealed class Entry(Task? fetch, long bytes, LinkedListNode<string> place, DateTimeOffset usedAt)
    {
        public Task? Fetch { get; set; } = fetch;

        public long Bytes { get; set; } = bytes;

        public LinkedListNode<string> Place => place;

        public int Pins { get; set; }

        public DateTimeOffset UsedAt { get; set; } = usedAt;
    }
}

/// <summary>Files that are in use.</summary>
internal sealed class FileLease(IReadOnlyList<string> paths, Action end) : IDisposable
{
    public IReadOnlyList<string> Paths => paths;

    public void Dispose() => end();
}
