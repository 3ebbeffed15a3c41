using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// A station's spool with its pictures beside it and the position up to which everything is delivered.
/// Appends that come together share one flush.
/// </summary>
internal sealed class StationSpool : IAsyncDisposable
{
    private readonly Channel<Pending> _pending = Channel.CreateBounded<Pending>(4096);
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly string _pictures;
    private readonly string _positionFile;
    private readonly EdgeOptions _options;
    private readonly ILogger _logger;
    private readonly Func<string, long> _freeBytes;
    private readonly Task _writing;
    private long _waiting;
    private long _shed;

    public StationSpool(string stationId, EdgeOptions options, ILogger logger, Func<string, long>? freeBytes = null)
    {
        StationId = stationId;
        _options = options;
        _logger = logger;
        _freeBytes = freeBytes ?? (path => new DriveInfo(path).AvailableFreeSpace);
        Folder = Path.GetFullPath(Path.Combine(options.SpoolPath, stationId));
        _pictures = Path.Combine(Folder, "pictures");
        _positionFile = Path.Combine(Folder, "position");
        Directory.CreateDirectory(_pictures);
        Log = new Spool(Folder, logger);
        Delivered = ReadPosition();
        _waiting = Log.Read(Delivered, int.MaxValue).Count;
        _writing = Task.Run(WriteAsync);
    }

    public string StationId { get; }

    public string Folder { get; }

    public Spool Log { get; }

    /// <summary>Everything before this is in Kafka and in the object store.</summary>
    public SpoolPosition Delivered { get; private set; }

    /// <summary>Sightings that are not delivered yet.</summary>
    public long Waiting => Interlocked.Read(ref _waiting);

    public long PicturesShed => Interlocked.Read(ref _shed);

    /// <summary>Returns when the sighting, and its pictures unless the disk is too full, are on the disk.</summary>
    public async ValueTask AppendAsync(ObservedVehicle vehicle, CancellationToken cancellationToken)
    {
        var sighting = vehicle.Sighting;
        if (sighting.Evidence is not null && vehicle.EvidenceJpeg is not null && !await WritePicturesAsync(vehicle, cancellationToken))
        {
            Interlocked.Increment(ref _shed);
            sighting = sighting with { Evidence = null };
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _pending.Writer.WriteAsync(new Pending(SpooledSighting.Write(sighting, vehicle.Trace), done), cancellationToken);
        await done.Task;
    }

    /// <summary>Waits until there is something to deliver, or for a while.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _arrived.WaitAsync(atMost, cancellationToken);

    public string PictureFile(Guid id) => Path.Combine(_pictures, $"{id}.jpg");

    public string PatchFile(Guid id) => Path.Combine(_pictures, $"{id}.plate.jpg");

    /// <summary>Everything before a position is delivered: its pictures go, the position is kept over a restart.</summary>
    public void MarkDelivered(SpoolPosition position, IReadOnlyList<Guid> ids)
    {
        WritePosition(position);
        Interlocked.Add(ref _waiting, -ids.Count);
        foreach (var id in ids)
        {
            File.Delete(PictureFile(id));
            File.Delete(PatchFile(id));
        }
    }

    /// <summary>Delivers again what was captured since a time, everything when it is null; what is kept decides how far back.</summary>
    public void Rewind(DateTimeOffset? since)
    {
        var position = Log.Start;
        while (since is not null && Log.Read(position, 256) is { Count: > 0 } records)
        {
            var older = records.TakeWhile(r => SpooledSighting.Read(r.Payload).Sighting.CapturedAt < since).Count();
            position = older == 0 ? position : records[older - 1].Next;
            if (older < records.Count)
            {
                break;
            }
        }

        if (position.IsBefore(Delivered))
        {
            WritePosition(position);
            Interlocked.Exchange(ref _waiting, Log.Read(position, int.MaxValue).Count);
            _arrived.Release();
            _logger.LogInformation("Station {Station}: {Count} sightings of the spool are delivered again; the core knows those that it has.", StationId, Waiting);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        await _writing;
        Log.Dispose();
        _arrived.Dispose();
    }

    private async Task WriteAsync()
    {
        var batch = new List<Pending>();
        while (await _pending.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < 512 && _pending.Reader.TryRead(out var pending))
            {
                batch.Add(pending);
            }

            try
            {
                Log.Append(batch.ConvertAll(p => (ReadOnlyMemory<byte>)p.Payload));
                Interlocked.Add(ref _waiting, batch.Count);
                batch.ForEach(p => p.Done.SetResult());
                _arrived.Release();
            }
            catch (IOException e)
            {
                _logger.LogCritical(e, "Station {Station}: the spool cannot be written; {Count} sightings are refused. Free disk in {Folder}.", StationId, batch.Count, Folder);
                batch.ForEach(p => p.Done.SetException(e));
            }
        }
    }

    private async Task<bool> WritePicturesAsync(ObservedVehicle vehicle, CancellationToken cancellationToken)
    {
        if (_freeBytes(Folder) < _options.ShedPicturesBelowBytes)
        {
            _logger.LogError("Station {Station}: under {Bytes} bytes are free for {Folder}; pictures are shed, sightings are kept.", StationId, _options.ShedPicturesBelowBytes, Folder);
            return false;
        }

        try
        {
            await WriteFileAsync(PictureFile(vehicle.Sighting.Id), vehicle.EvidenceJpeg!, cancellationToken);
            if (vehicle.PatchJpeg is not null)
            {
                await WriteFileAsync(PatchFile(vehicle.Sighting.Id), vehicle.PatchJpeg, cancellationToken);
            }

            return true;
        }
        catch (IOException e)
        {
            File.Delete(PictureFile(vehicle.Sighting.Id));
            File.Delete(PatchFile(vehicle.Sighting.Id));
            _logger.LogError(e, "Station {Station}: a picture could not be written and is shed; its sighting is kept.", StationId);
            return false;
        }
    }

    private static async Task WriteFileAsync(string path, byte[] content, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        await file.WriteAsync(content, cancellationToken);
        file.Flush(flushToDisk: true);
    }

    private SpoolPosition ReadPosition()
    {
        if (!File.Exists(_positionFile))
        {
            return Log.Start;
        }

        var parts = File.ReadAllText(_positionFile).Split(' ');
        return parts.Length == 2 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out var segment) && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var offset)
            ? new SpoolPosition(segment, offset)
            : Log.Start;
    }

    private void WritePosition(SpoolPosition position)
    {
        Delivered = position;
        var beside = _positionFile + ".new";
        File.WriteAllText(beside, string.Create(CultureInfo.InvariantCulture, $"{position.Segment} {position.Offset}"));
        File.Move(beside, _positionFile, overwrite: true);
    }

    private sealed record Pending(byte[] Payload, TaskCompletionSource Done);
}
