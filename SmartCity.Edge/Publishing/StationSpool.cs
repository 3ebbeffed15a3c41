using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// A station's spool: the log of its sightings, their pictures beside it, and how far both are delivered.
/// Appends that come together share one flush. While the disk is full pictures go first; then whoever appends waits: no sighting is thrown away.
/// </summary>
internal sealed class StationSpool : IAsyncDisposable
{
    private const int AppendsTogether = 512;
    private static readonly TimeSpan FullDiskRetry = TimeSpan.FromSeconds(1);
    private static readonly Counter<long> Refusals = Telemetry.Meter.CreateCounter<long>("smartcity.spool.refusals", "{flush}", "Attempts to write sightings that failed because the disk is full or broken.");

    private readonly Channel<Pending> _pending = Channel.CreateBounded<Pending>(4096);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly SpoolCursor _cursor;
    private readonly SpoolDisk _disk;
    private readonly EdgeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _writing;
    private volatile string? _refused;

    /// <param name="disk">The disk of all spools of the process.</param>
    public StationSpool(string stationId, EdgeOptions options, TimeProvider time, ILogger logger, SpoolDisk disk)
    {
        _disk = disk;
        StationId = stationId;
        _options = options;
        _time = time;
        _logger = logger;
        Folder = Path.GetFullPath(Path.Combine(options.SpoolPath, stationId));
        Log = new Spool(Folder, logger);
        Pictures = new SpooledPictures(stationId, Path.Combine(Folder, "pictures"), options.ShedPicturesBelowBytes, disk.FreeBytes, logger);
        _cursor = new SpoolCursor(Path.Combine(Folder, "position"), Log.Start, Log.End);
        _writing = Task.Run(WriteAsync);
    }

    public string StationId { get; }

    public string Folder { get; }

    public Spool Log { get; }

    public SpooledPictures Pictures { get; }

    /// <summary>Everything before this is in Kafka and in the object store.</summary>
    public SpoolPosition Delivered => _cursor.Position;

    /// <summary>Sightings that are not delivered yet.</summary>
    public long Waiting => Math.Max(0, Log.End.Record - Delivered.Record);

    /// <summary>Sightings that Kafka acknowledged since start, and the newest capture time among them.</summary>
    public (long Count, DateTimeOffset? Newest) Acknowledged { get; private set; }

    /// <summary>What the disk does not take; null when it takes all.</summary>
    public string? Trouble => _refused ?? (_cursor.Trouble is { } cursor ? $"How far it is delivered can't be written, a restart would deliver some again: {cursor}" : null);

    /// <summary>Returns when the sighting, and its pictures unless the disk is too full, are on the disk.</summary>
    public async ValueTask AppendAsync(ObservedVehicle vehicle, CancellationToken cancellationToken)
    {
        var sighting = vehicle.Sighting;
        if (sighting.Evidence is not null && !await Pictures.TryKeepAsync(vehicle, cancellationToken))
        {
            sighting = sighting with { Evidence = null };
        }

        var payload = SpooledSighting.Write(sighting, vehicle.Trace);
        if (payload.Length > SpoolFrame.MaximumPayloadBytes)
        {
            throw new ArgumentException($"Sighting {sighting.Id} has {payload.Length} bytes; at most {SpoolFrame.MaximumPayloadBytes} fit into a record.", nameof(vehicle));
        }

        var pending = new Pending(payload, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await _pending.Writer.WriteAsync(pending, cancellationToken);
        await pending.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Waits until there is something to deliver, or for a while.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _arrived.WaitAsync(atMost, cancellationToken);

    /// <summary>Up to so many records that are not delivered yet.</summary>
    public SpoolBatch Undelivered(int most)
    {
        var from = Delivered;
        return new SpoolBatch(from, [.. Log.From(from).Take(most)]);
    }

    /// <summary>These sightings are in Kafka and in the object store. Their pictures go first: on a full disk that makes room for the position.</summary>
    public void MarkDelivered(SpoolBatch batch, IReadOnlyCollection<Sighting> sightings)
    {
        _cursor.Advance(batch.From, batch.Records[^1].Next);
        foreach (var sighting in sightings)
        {
            Pictures.Delivered(sighting.Id);
        }

        _cursor.Keep();

        var (count, newest) = Acknowledged;
        var latest = sightings.Count == 0 ? newest : sightings.Max(s => s.CapturedAt);
        Acknowledged = (count + sightings.Count, newest > latest ? newest : latest);
    }

    /// <summary>Delivers again from the first sighting on that was captured since a time, everything that is kept when it is null.</summary>
    public void Rewind(DateTimeOffset? since)
    {
        var first = since is { } time
            ? Log.From(Log.Start).Where(r => SpooledSighting.TryRead(r.Payload, out var spooled) && spooled.Sighting.CapturedAt >= time).Select(r => (SpoolPosition?)r.At).FirstOrDefault()
            : Log.Start;
        if (first is { } position && _cursor.Rewind(position))
        {
            _arrived.Release();
            _logger.LogInformation("Station {Station}: {Count} sightings are delivered again from the spool. The core ignores those that it already has.", StationId, Waiting);
        }
    }

    /// <summary>Deletes what was delivered and is too old or too much.</summary>
    public void Trim()
    {
        _cursor.Keep();
        var before = _time.GetUtcNow() - _options.SpoolRetention;
        Log.Trim(Delivered, before, _options.SpoolBytes);
        if (Waiting == 0)
        {
            Pictures.TrimMarks(before);
        }
    }

    /// <summary>Keeps a record that is no sighting, for a person to look at.</summary>
    public void SetAside(SpoolRecord record)
    {
        var file = Path.Combine(Folder, $"{record.At.Record}.unreadable");
        try
        {
            File.WriteAllBytes(file, record.Payload);
            _logger.LogError("Station {Station}: record {Record} of the spool is not a sighting and is not delivered. It is kept in {File}.", StationId, record.At.Record, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.LogCritical(e, "Station {Station}: record {Record} of the spool is not a sighting and is not delivered. It cannot be written to {File} and stays in the spool until that is trimmed.", StationId, record.At.Record, file);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        await _stop.CancelAsync();
        await _writing;
        Log.Dispose();
        _arrived.Dispose();
        _stop.Dispose();
    }

    private async Task WriteAsync()
    {
        var batch = new List<Pending>();
        while (await _pending.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < AppendsTogether && _pending.Reader.TryRead(out var pending))
            {
                batch.Add(pending);
            }

            try
            {
                await AppendAsync(batch.ConvertAll(p => (ReadOnlyMemory<byte>)p.Payload));
                batch.ForEach(p => p.Done.TrySetResult());
                _arrived.Release();
            }
            catch (OperationCanceledException e)
            {
                batch.ForEach(p => p.Done.TrySetException(new IOException($"Station {StationId}: the spool in {Folder} could not be written before the end.", e)));
            }
        }
    }

    private async Task AppendAsync(List<ReadOnlyMemory<byte>> payloads)
    {
        while (true)
        {
            try
            {
                _disk.Require(payloads.Sum(p => (long)p.Length));
                Log.Append(payloads);
                _refused = null;
                return;
            }
            catch (Exception e)
            {
                Refusals.Add(1, new KeyValuePair<string, object?>("station", StationId));
                _refused = $"{payloads.Count} sightings cannot be written to the spool and wait in memory: {e.Message}";
                _logger.LogCritical(e, "Station {Station}: the spool cannot be written, and {Count} sightings wait in memory. Make room on the disk of {Folder}.", StationId, payloads.Count, Folder);
                if (!TryMakeRoom())
                {
                    await Task.Delay(FullDiskRetry, _time, _stop.Token);
                }
            }
        }
    }

    private bool TryMakeRoom()
    {
        try
        {
            return Log.Trim(Delivered, DateTimeOffset.MaxValue, 0) > 0 || Pictures.ShedOldest();
        }
        catch (Exception e)
        {
            _logger.LogCritical(e, "Station {Station}: old records in {Folder} could not be deleted to make room.", StationId, Folder);
            return false;
        }
    }

    private sealed record Pending(byte[] Payload, TaskCompletionSource Done);
}

/// <summary>Records, and where the spool stood when they were read.</summary>
internal sealed record SpoolBatch(SpoolPosition From, List<SpoolRecord> Records);
