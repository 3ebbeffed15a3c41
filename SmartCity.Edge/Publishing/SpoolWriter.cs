using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Publishing;

/// <summary>Writes sightings to a station's log: what comes together shares one flush. While the disk does not take them, they wait; none is thrown away.</summary>
internal sealed class SpoolWriter : IAsyncDisposable
{
    private const int AppendsTogether = 512;
    private const int MostWaiting = 4096;
    private static readonly TimeSpan FullDiskRetry = TimeSpan.FromSeconds(1);
    private static readonly Counter<long> Refusals = Telemetry.Meter.CreateCounter<long>("smartcity.spool.refusals", "{flush}", "Attempts to write sightings that failed because the disk is full or broken.");

    private readonly Channel<Pending> _pending = Channel.CreateBounded<Pending>(MostWaiting);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _stationId;
    private readonly string _folder;
    private readonly Spool _log;
    private readonly SpoolDisk _disk;
    private readonly Func<bool> _tryMakeRoom;
    private readonly Action<IReadOnlyList<WrittenSighting>> _written;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _writing;
    private volatile string? _refused;

    /// <param name="tryMakeRoom">Whether some of the disk was made free.</param>
    /// <param name="written">Told of each sighting that is on the disk now, before whoever appended it is.</param>
    public SpoolWriter(string stationId, string folder, Spool log, SpoolDisk disk, Func<bool> tryMakeRoom, Action<IReadOnlyList<WrittenSighting>> written, TimeProvider time, ILogger logger)
    {
        (_stationId, _folder, _log, _disk, _tryMakeRoom, _written, _time, _logger) = (stationId, folder, log, disk, tryMakeRoom, written, time, logger);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>What the disk does not take; null when it takes all.</summary>
    public string? Refused => _refused;

    /// <summary>Returns when the sighting is on the disk.</summary>
    /// <param name="payload">As it is written.</param>
    public async ValueTask AppendAsync(byte[] payload, Sighting sighting, bool wanted, CancellationToken cancellationToken)
    {
        var pending = new Pending(payload, sighting, wanted, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await _pending.Writer.WriteAsync(pending, cancellationToken);
        await pending.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Writes what was appended, as far as the disk takes it at once.</summary>
    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        await _stop.CancelAsync();
        await _writing;
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
                var places = await AppendAsync(batch.ConvertAll(p => (ReadOnlyMemory<byte>)p.Payload));
                _written([.. batch.Select((p, i) => new WrittenSighting(p.Payload, p.Sighting, p.IsWanted, places[i].At, places[i].Next))]);
                batch.ForEach(p => p.Done.TrySetResult());
            }
            catch (OperationCanceledException e)
            {
                batch.ForEach(p => p.Done.TrySetException(new IOException($"Station {_stationId}: the spool in {_folder} could not be written before the end.", e)));
            }
        }
    }

    private async Task<List<(SpoolPosition At, SpoolPosition Next)>> AppendAsync(List<ReadOnlyMemory<byte>> payloads)
    {
        while (true)
        {
            try
            {
                _disk.Require(payloads.Sum(p => (long)p.Length));
                var places = _log.Append(payloads);
                _refused = null;
                return places;
            }
            catch (Exception e)
            {
                Refusals.Add(1, new KeyValuePair<string, object?>("station", _stationId));
                _refused = $"{payloads.Count} sightings cannot be written to the spool and wait in memory: {e.Message}";
                _logger.LogCritical(e, "Station {Station}: the spool cannot be written, and {Count} sightings wait in memory. Make room on the disk of {Folder}.", _stationId, payloads.Count, _folder);
                if (!_tryMakeRoom())
                {
                    await Task.Delay(FullDiskRetry, _time, _stop.Token);
                }
            }
        }
    }

    private sealed record Pending(byte[] Payload, Sighting Sighting, bool IsWanted, TaskCompletionSource Done);
}

/// <summary>A sighting that is on the disk, and where.</summary>
internal readonly record struct WrittenSighting(byte[] Payload, Sighting Sighting, bool IsWanted, SpoolPosition At, SpoolPosition Next);
