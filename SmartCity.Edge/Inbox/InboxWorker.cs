using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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

    // What is done and does not lie in the inbox any more is forgotten when there is so much more of it than of what does.
    private const int MostGone = 100_000;

    // Pictures of one camera that wait in memory at most; the others wait for the next look. So a camera that cannot be served holds up no other.
    private const int MostOfCamera = 2_000;

    private readonly InboxPace _pace = new(time, options.Value.Every);
    // Source by id.
    private readonly ConcurrentDictionary<string, string> _inWork = new(StringComparer.Ordinal);

    private string _folder = "";
    private int _there;
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
        using var seen = new SeenFile(Path.Combine(_folder, "done"), int.MaxValue);
        using var refused = new SeenFile(Path.Combine(_folder, "refused"), int.MaxValue);
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
            DeadLetters = (letter, cancellationToken) =>
            {
                _waitsFor = null;
                refused.Add(letter.Source, letter.Id);
                _lastRefusal = letter.Reason;
                Interlocked.Increment(ref _refused);
                _inWork.TryRemove(letter.Id, out _);
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
            var began = time.GetTimestamp();

            // A folder's times are those of the files, which may come late: there only what is done or refused is passed over.
            var found = await LookAsync(inbox, bucket, watermarks, connection.Folder is null, seen, refused, stop);
            var took = time.GetElapsedTime(began);
            var inWork = found.Where(f => _inWork.ContainsKey(f.Id)).CountBy(f => f.Key!).ToDictionary(StringComparer.Ordinal);
            foreach (var landed in found)
            {
                ref var ofCamera = ref CollectionsMarshal.GetValueRefOrAddDefault(inWork, landed.Key!, out _);
                if (ofCamera < MostOfCamera && _inWork.TryAdd(landed.Id, landed.Source))
                {
                    ofCamera++;
                    yield return landed;
                }
            }

            watermarks.Write();
            await _pace.RestAsync(took, stop);
        }
    }

    private async Task<List<CloudEvent<ObjectLanded>>> LookAsync(IObjectStore inbox, string bucket, InboxWatermarks watermarks, bool isInOrder, SeenFile seen, SeenFile refused, CancellationToken stop)
    {
        var waiting = new List<CloudEvent<ObjectLanded>>();
        var newest = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var done in _inWork.Where(w => seen.Has(w.Value, w.Key)))
        {
            _inWork.TryRemove(done);
        }

        var (there, isCrowded, unknown) = (new HashSet<UInt128>(), seen.Count + refused.Count > _there + MostGone, 0);
        _there = 0;
        try
        {
            await foreach (var entry in inbox.ListAsync(InboxKey.Prefix, stop))
            {
                if (InboxKey.CameraOf(entry.Key) is not { } camera)
                {
                    continue;
                }

                _there++;
                var isPast = isInOrder && watermarks.IsPast(camera, entry.LastModified);
                if (isPast && !isCrowded)
                {
                    continue;
                }

                var landed = new ObjectLanded(bucket, entry.Key, entry.ETag, entry.Bytes).ToEvent() with { Time = entry.LastModified, Key = camera };
                if (isCrowded)
                {
                    there.Add(Number(landed.Id));
                }

                if (isPast)
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
                if (!seen.Has(landed.Source, landed.Id) && !refused.Has(landed.Source, landed.Id))
                {
                    waiting.Add(landed);
                }
            }
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            health.Degraded(Worker, $"The inbox cannot be listed: {e.Message}");
            logger.LogWarning("The inbox cannot be listed, and the edge tries again: {Error}", e.Message);
            return [];
        }

        // A folder that is not mounted for now looks empty.
        if (isCrowded && there.Count > 0)
        {
            seen.Forget((_, id) => !there.Contains(Number(id)));
            refused.Forget((_, id) => !there.Contains(Number(id)));
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

    private static UInt128 Number(string id) => UInt128.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : 0;

    // A folder tells of its files itself; a bucket by way of Kafka.
    private async Task HearAsync(ObjectStoreConnection connection, CancellationToken stop)
    {
        if (connection.Folder is { } folder)
        {
            Directory.CreateDirectory(Path.Combine(folder, InboxKey.Prefix));
            using var watcher = new FileSystemWatcher(Path.Combine(folder, InboxKey.Prefix)) { IncludeSubdirectories = true };
            watcher.Created += (_, _) => _pace.Hint();
            watcher.Renamed += (_, _) => _pace.Hint();
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
                    _pace.Hint();
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
