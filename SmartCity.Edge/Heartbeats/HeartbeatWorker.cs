using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Hotlist;
using SmartCity.Edge.Mirroring;
using SmartCity.Edge.Models;
using SmartCity.Edge.Publishing;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Heartbeats;

/// <summary>Says every few seconds how each station fares. A heartbeat that cannot be sent is not kept: the next one says more.</summary>
internal sealed class HeartbeatWorker(
    ServedStations stations,
    SightingPublisher publisher,
    CameraBoard cameras,
    EdgeProducers producers,
    PlateRecogniser recogniser,
    EdgeKafkaFigures kafkas,
    MirrorBoard mirrors,
    NewestPictures pictures,
    HotlistWatch hotlist,
    StationClock clock,
    IConfiguration configuration,
    IHostEnvironment environment,
    IOptions<EdgeOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<HeartbeatWorker> logger,
    ModelBoard? models = null) : BackgroundService
{
    private const string Worker = "heartbeats";
    private static readonly TimeSpan OnTrial = TimeSpan.FromSeconds(2);

    private readonly PublishedHours _published = new(time);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => health.KeepAsync(Worker, RunAsync, logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var process = Process.GetCurrentProcess();
        Snapshot? last = null;
        while (true)
        {
            var changed = stations.Changed;
            process.Refresh();
            var now = new Snapshot(time.GetTimestamp(), process.TotalProcessorTime, Counts(), Sent());
            var before = last ?? now; // rates need an interval, and the first heartbeat has none
            var since = time.GetElapsedTime(before.At, now.At);
            var cpu = since > TimeSpan.Zero ? Math.Round(100 * (now.Cpu - before.Cpu) / since, 1) : 0;
            var seconds = since > TimeSpan.Zero ? since : options.Value.HeartbeatInterval;
            var beats = stations.All.Select(station => Beat(station.Id, cpu, process.WorkingSet64, seconds, before, now)).ToList();
            await SendAsync(beats, stoppingToken);
            last = now;
            await WaitAsync(changed, stoppingToken);
        }
    }

    // A change of cameras is sent at once, and while a camera is tested somebody waits for it.
    private async Task WaitAsync(Task changed, CancellationToken stoppingToken)
    {
        var interval = stations.All.Any(s => s.Cameras.Any(c => c.Trial)) && OnTrial < options.Value.HeartbeatInterval ? OnTrial : options.Value.HeartbeatInterval;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await await Task.WhenAny(Task.Delay(interval, time, over.Token), changed);
        await over.CancelAsync();
        stoppingToken.ThrowIfCancellationRequested();
    }

    private StationHeartbeat Beat(string stationId, double cpu, long resident, TimeSpan since, Snapshot before, Snapshot now)
    {
        var spool = publisher.Spools.First(s => s.StationId == stationId);
        var of = cameras.Of(stationId).ToList();
        long Sum(Snapshot snapshot, Func<Count, long> value) => of.Sum(c => value(snapshot.Cameras.GetValueOrDefault(c.CameraId)));
        var sightings = Sum(now, c => c.Sightings) - Sum(before, c => c.Sightings);
        var unread = Sum(now, c => c.Unread) - Sum(before, c => c.Unread);
        return new StationHeartbeat
        {
            StationId = stationId,
            At = time.GetUtcNow(),
            CpuPercent = cpu,
            ResidentBytes = resident,
            DiskFreeBytes = Math.Max(0, publisher.Disk.FreeBytes()),
            SpoolDepth = spool.Waiting,
            SpoolBytes = spool.Log.Bytes,
            PicturesShed = spool.Pictures.Shed,
            PicturesWaiting = spool.Pictures.Queue.Waiting,
            PicturesSetAside = spool.Pictures.Queue.SetAside,
            AtCore = spool.AtCore is { } known ? new AtCoreHeartbeat { At = known.At, Kept = known.Kept, OnTheWay = known.OnTheWay, Missing = known.Missing } : null,
            Published = _published.Of(spool),
            SightingsPerSecond = PerSecond(sightings, since),
            ReadRate = sightings == 0 ? null : Math.Round(1 - (double)unread / sightings, 3),
            Problems = Problems(stationId, of),
            Kafka = Kafka(stationId, spool, since, before, now),
            Mirror = Mirror(stationId, since, before, now),
            Hotlist = hotlist.Beat(stationId),
            Clock = stations.All.First(s => s.Id == stationId).Cameras.Any(c => CameraSources.IsTimedHere(c.Source)) ? clock.State : null,
            Service = Telemetry.ServiceName(configuration, environment),
            Cameras = of.ConvertAll(c => c.Heartbeat(before.Cameras.GetValueOrDefault(c.CameraId).Frames, since) with { PictureAt = pictures.NewestOf(c.CameraId) }),
            DetectorVersion = recogniser.DetectorVersion,
            ReaderVersion = recogniser.ReaderVersion,
            Device = recogniser.Device,
            Models = models?.Beats,
        };
    }

    // Workers are named after what they work for; the mirror's has a place of its own.
    private List<string> Problems(string stationId, List<CameraStatistics> of) =>
    [
        .. health.Reports
            .Where(r => r.State is WorkerState.Degraded or WorkerState.Failed && !r.Name.StartsWith("mirror ", StringComparison.Ordinal))
            .Where(r => r.Name.StartsWith("camera", StringComparison.Ordinal) || r.Name.EndsWith(" " + stationId, StringComparison.Ordinal) || of.Exists(c => r.Name.EndsWith(" " + c.CameraId, StringComparison.Ordinal)))
            .Select(r => $"{r.Name}: {r.Detail}"),
    ];

    private EdgeKafkaHeartbeat? Kafka(string stationId, StationSpool spool, TimeSpan since, Snapshot before, Snapshot now) =>
        kafkas.Of(stationId) is not { } kafka
            ? null
            : new EdgeKafkaHeartbeat
            {
                Records = kafka.Records,
                End = kafka.End,
                RecordsPerSecond = PerSecond(now.Sent[stationId].Published - before.Sent[stationId].Published, since),
                Newest = spool.Acknowledged.Newest,
                Error = kafka.Error,
            };

    private MirrorHeartbeat? Mirror(string stationId, TimeSpan since, Snapshot before, Snapshot now)
    {
        if (mirrors.Find(stationId) is not { } mirror)
        {
            return null;
        }

        var minute = mirror.Summarise(time.GetUtcNow());
        var report = health.Reports.FirstOrDefault(r => r.Name == MirrorLink.Worker(stationId, Topics.Sightings));
        return new MirrorHeartbeat
        {
            Records = mirror.Records,
            RecordsPerSecond = PerSecond(now.Sent[stationId].Mirrored - before.Sent[stationId].Mirrored, since),
            Lag = mirror.Lag,
            LatencyP50 = minute.P50,
            LatencyP99 = minute.P99,
            Error = report?.State is WorkerState.Degraded or WorkerState.Failed ? report.Detail : null,
        };
    }

    private static double PerSecond(long count, TimeSpan since) => Math.Round(count / since.TotalSeconds, 3);

    private async Task SendAsync(List<StationHeartbeat> beats, CancellationToken cancellationToken)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(options.Value.HeartbeatInterval);
            await Task.WhenAll(beats.ConvertAll(beat => producers.For(beat.StationId).ProduceAsync(
                new TopicPartition(Topics.StationHeartbeats, Partition.Any),
                new Message<byte[]?, byte[]?>
                {
                    Key = Encoding.UTF8.GetBytes(beat.StationId),
                    Value = JsonSerializer.SerializeToUtf8Bytes(beat, ContractsJson.Default.StationHeartbeat),
                    Timestamp = new Timestamp(beat.At),
                },
                timeout.Token)));
            health.Healthy(Worker);
        }
        catch (Exception e) when (e is KafkaException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            health.Degraded(Worker, $"The edge's Kafka does not take heartbeats: {e.Message}");
            logger.LogWarning("The edge's Kafka does not take heartbeats, so the core may show this edge's stations as down: {Error}", e.Message);
        }
    }

    private Dictionary<string, Count> Counts() =>
        stations.All.SelectMany(s => cameras.Of(s.Id)).ToDictionary(c => c.CameraId, c => new Count(c.Frames, c.Sightings, c.Unread));

    private Dictionary<string, SentCount> Sent() =>
        publisher.Spools.ToDictionary(s => s.StationId, s => new SentCount(s.Acknowledged.Count, mirrors.Find(s.StationId)?.Records ?? 0));

    private sealed record Snapshot(long At, TimeSpan Cpu, Dictionary<string, Count> Cameras, Dictionary<string, SentCount> Sent);

    private readonly record struct SentCount(long Published, long Mirrored);

    private readonly record struct Count(long Frames, long Sightings, long Unread);
}
