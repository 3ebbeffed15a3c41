using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Bricks;
using SmartCity.Bricks.Kafka;
using SmartCity.Bricks.Objects;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Inbox;

/// <summary>
/// Finds what lands in the inbox and has it read. Notifications only make the next look come sooner: what is read is what a listing since its camera's watermark shows
/// and no file of this worker knows as done or refused. So a picture is read whatever becomes of notifications and of this process, also when its camera is added
/// later, and counts once however often it is told of.
/// </summary>
internal sealed class InboxWorker(
    InboxReading reading,
    IConfiguration configuration,
    IOptions<InboxOptions> options,
    IOptions<EdgeOptions> edge,
    WorkerHealth health,
    TimeProvider time,
    ILogger<InboxWorker> logger) : BackgroundService
{
    private const string Worker = "inbox";
    private const string HintGroup = "smartcity-inbox";
    private const int Remembered = 500_000;

    // Pictures of one camera that wait in memory at most; the others wait for the next look. So a camera that cannot be served holds up no other.
    private const int MostOfCamera = 2_000;

    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, byte> _inWork = new(StringComparer.Ordinal);
    private string _folder = "";
    private int _refused;
    private string? _lastRefusal;
    private int _unknown;
    private volatile string? _waitsFor;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (configuration.GetConnectionString(InboxOptions.Connection) is not { Length: > 0 } connection)
        {
            return Task.CompletedTask;
        }

        health.Starting(Worker);
        return health.KeepAsync(Worker, token => RunAsync(ObjectStoreConnection.Parse(connection), token), logger, stoppingToken);
    }

    private async Task RunAsync(ObjectStoreConnection connection, CancellationToken stoppingToken)
    {
        var inbox = connection.Open();
        using var closing = inbox as IDisposable;
        _folder = Directory.CreateDirectory(Path.Combine(edge.Value.SpoolPath, "inbox")).FullName;
        using var seen = new SeenFile(Path.Combine(_folder, "done"), Remembered);
        using var refused = new SeenFile(Path.Combine(_folder, "refused"), Remembered);
        var flow = new Flow<ObjectLanded>(async (e, cancellationToken) =>
        {
            var result = await reading.ReadAsync(inbox, e, cancellationToken);
            _waitsFor = result.Reason;
            return result;
        })
        {
            Seen = seen,

            // Only what never can be read is refused; all else is tried again for as long as it takes.
            Attempts = int.MaxValue,
            MostWaiting = int.MaxValue,
            Parallelism = edge.Value.RecognitionThreads,
            TimeLimit = TimeSpan.FromMinutes(1),

            // The cameras stop at the same time; a picture that they did not read any more is read after the next start.
            Drain = TimeSpan.FromSeconds(2),
            Clock = time,
            DeadLetters = (letter, _) =>
            {
                _waitsFor = null;
                refused.Add(letter.Source, letter.Id);
                _lastRefusal = letter.Reason;
                Interlocked.Increment(ref _refused);
                _inWork.TryRemove(letter.Id, out byte _);
                logger.LogError("A picture of the inbox ({Id}) was not read and is not tried again: {Reason}", letter.Id, letter.Reason);
                return Task.CompletedTask;
            },
        };
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        _inWork.Clear();
        var hearing = HearAsync(connection, ending.Token);
        var working = flow.RunAsync(LandedAsync(inbox, connection, seen, refused, ending.Token), ending.Token);
        try
        {
            await await Task.WhenAny(working, hearing);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAny(Task.WhenAll(working, hearing));
        }
    }

    // One camera's pictures one after another, so that none of them has to be dropped for another.
    private async IAsyncEnumerable<CloudEvent<ObjectLanded>> LandedAsync(IObjectStore inbox, ObjectStoreConnection connection, SeenFile seen, SeenFile refused, [EnumeratorCancellation] CancellationToken stop)
    {
        var bucket = connection.Folder is { } folder ? Path.GetFileName(folder.TrimEnd('/')) : connection.Bucket;
        var watermarks = new InboxWatermarks(Path.Combine(_folder, "watermarks"), options.Value.Overlap);
        while (!stop.IsCancellationRequested)
        {
            // A folder's times are those of the files, which may come late: there only what is done or refused is passed over.
            var found = await LookAsync(inbox, bucket, watermarks, connection.Folder is null, seen, refused, stop);
            var inWork = found.Where(f => _inWork.ContainsKey(f.Id)).CountBy(f => f.Key!).ToDictionary(StringComparer.Ordinal);
            foreach (var landed in found)
            {
                ref var ofCamera = ref CollectionsMarshal.GetValueRefOrAddDefault(inWork, landed.Key!, out _);
                if (ofCamera < MostOfCamera && _inWork.TryAdd(landed.Id, 0))
                {
                    ofCamera++;
                    yield return landed;
                }
            }

            watermarks.Write();
            await HintAsync(stop);
        }
    }

    private async Task<List<CloudEvent<ObjectLanded>>> LookAsync(IObjectStore inbox, string bucket, InboxWatermarks watermarks, bool isInOrder, SeenFile seen, SeenFile refused, CancellationToken stop)
    {
        var waiting = new List<CloudEvent<ObjectLanded>>();
        var newest = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        var unknown = 0;
        try
        {
            await foreach (var entry in inbox.ListAsync(InboxKey.Prefix, stop))
            {
                if (InboxKey.CameraOf(entry.Key) is not { } camera || (isInOrder && watermarks.IsPast(camera, entry.LastModified)))
                {
                    continue;
                }

                if (reading.CameraOf(entry.Key) is null)
                {
                    // Of another edge, or of a camera that is added or changed later.
                    unknown++;
                    continue;
                }

                newest[camera] = newest.TryGetValue(camera, out var at) && at > entry.LastModified ? at : entry.LastModified;
                var landed = new ObjectLanded(bucket, entry.Key, entry.ETag, entry.Bytes).ToEvent() with { Time = entry.LastModified, Key = camera };
                if (!seen.Has(landed.Source, landed.Id))
                {
                    if (!refused.Has(landed.Source, landed.Id))
                    {
                        waiting.Add(landed);
                    }
                }
                else
                {
                    _inWork.TryRemove(landed.Id, out byte _);
                }
            }
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            health.Degraded(Worker, $"The inbox cannot be listed: {e.Message}");
            logger.LogWarning("The inbox cannot be listed, and the edge tries again: {Error}", e.Message);
            return [];
        }

        _unknown = unknown;
        Report(waiting.Count);
        foreach (var (camera, at) in newest)
        {
            // What waits or is in work is not past.
            watermarks.Set(camera, waiting.Where(w => w.Key == camera).Min(w => w.Time) ?? at);
        }

        return waiting;
    }

    private async Task HintAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var hint = _hints.Reader.WaitToReadAsync(patience.Token).AsTask();
        await Task.WhenAny(hint, Task.Delay(options.Value.Every, time, patience.Token));
        await patience.CancelAsync();
        _hints.Reader.TryRead(out _);
    }

    // A folder tells of its files itself; a bucket by way of Kafka.
    private async Task HearAsync(ObjectStoreConnection connection, CancellationToken stop)
    {
        if (connection.Folder is { } folder)
        {
            Directory.CreateDirectory(Path.Combine(folder, InboxKey.Prefix));
            using var watcher = new FileSystemWatcher(Path.Combine(folder, InboxKey.Prefix)) { IncludeSubdirectories = true };
            watcher.Created += (_, _) => _hints.Writer.TryWrite(true);
            watcher.Renamed += (_, _) => _hints.Writer.TryWrite(true);
            try
            {
                watcher.EnableRaisingEvents = true;
            }
            catch (IOException e)
            {
                logger.LogWarning("The system does not tell of new files in {Folder}; they are found by listing: {Error}", folder, e.Message);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
        }
        else if (options.Value.Topic is { } topic)
        {
            var notified = new Flow<byte[]>((e, _) =>
            {
                if (ObjectLanded.Read(e.Data).Any(o => reading.CameraOf(o.Key) is not null))
                {
                    _hints.Writer.TryWrite(true);
                }

                return ValueTask.FromResult(Result.Done);
            })
            {
                Attempts = 1,
                Clock = time,
                Seen = null,
                DeadLetters = (letter, _) =>
                {
                    logger.LogWarning("A notification of the inbox's topic cannot be read; the pictures that it told of are found by listing: {Reason}", letter.Reason);
                    return Task.CompletedTask;
                },
            };
            var kafka = KafkaConnection.Get(configuration, InboxOptions.KafkaConnection);
            await new KafkaWorker<byte[]>(notified, kafka.Consumer("smartcity-edge-inbox", HintGroup), topic).RunAsync(stop);
        }
        else
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
        }
    }

    private void Report(int waiting)
    {
        if (_waitsFor is { } reason)
        {
            health.Degraded(Worker, $"{waiting} pictures of the inbox wait, and are tried again: {reason}");
        }
        else if (_refused > 0 || _unknown > 0)
        {
            var refusals = _refused > 0 ? $"{_refused} of the inbox's pictures could not be read since the start, the last because: {_lastRefusal} " : "";
            health.Degraded(Worker, (refusals + (_unknown > 0 ? $"{_unknown} pictures lie in the inbox for cameras that this edge does not have, or that take no uploads." : "")).Trim());
        }
        else
        {
            health.Healthy(Worker, $"{waiting} pictures wait");
        }
    }
}
