using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Recognition;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Heartbeats;

/// <summary>Says every few seconds how each station fares. A heartbeat that cannot be sent is not kept: the next one says more.</summary>
internal sealed class HeartbeatWorker(
    ServedStations stations,
    SightingPublisher publisher,
    CameraBoard cameras,
    EdgeProducers producers,
    PlateRecogniser recogniser,
    IOptions<EdgeOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<HeartbeatWorker> logger) : BackgroundService
{
    private const string Worker = "heartbeats";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var process = Process.GetCurrentProcess();
        Snapshot? last = null;
        using var timer = new PeriodicTimer(options.Value.HeartbeatInterval, time);
        do
        {
            process.Refresh();
            var now = new Snapshot(time.GetTimestamp(), process.TotalProcessorTime, Counts());
            var before = last ?? now; // rates need an interval, and the first heartbeat has none
            var since = time.GetElapsedTime(before.At, now.At);
            var cpu = since > TimeSpan.Zero ? Math.Round(100 * (now.Cpu - before.Cpu) / since, 1) : 0;
            var seconds = since > TimeSpan.Zero ? since : options.Value.HeartbeatInterval;
            var beats = stations.All.Select(station => Beat(station.Id, cpu, process.WorkingSet64, seconds, before, now)).ToList();
            await SendAsync(beats, stoppingToken);
            last = now;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private StationHeartbeat Beat(string stationId, double cpu, long resident, TimeSpan since, Snapshot before, Snapshot now)
    {
        var spool = publisher.Spools.First(s => s.StationId == stationId);
        var of = cameras.Of(stationId).ToList();
        long Sum(Snapshot snapshot, Func<Count, long> value) => of.Sum(c => value(snapshot.Cameras[c.CameraId]));
        var sightings = Sum(now, c => c.Sightings) - Sum(before, c => c.Sightings);
        var unread = Sum(now, c => c.Unread) - Sum(before, c => c.Unread);
        return new StationHeartbeat
        {
            StationId = stationId,
            At = time.GetUtcNow(),
            CpuPercent = cpu,
            ResidentBytes = resident,
            DiskFreeBytes = new DriveInfo(spool.Folder).AvailableFreeSpace,
            SpoolDepth = spool.Waiting,
            SpoolBytes = spool.Log.Bytes,
            PicturesShed = spool.Pictures.Shed,
            SightingsPerSecond = Math.Round(sightings / since.TotalSeconds, 3),
            ReadRate = sightings == 0 ? null : Math.Round(1 - (double)unread / sightings, 3),
            Cameras = of.ConvertAll(c => c.Heartbeat(before.Cameras[c.CameraId].Frames, since)),
            DetectorVersion = recogniser.DetectorVersion,
            ReaderVersion = recogniser.ReaderVersion,
            Device = recogniser.Device,
        };
    }

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
            health.Degraded(Worker, $"Kafka does not take heartbeats: {e.Message}");
            logger.LogWarning("Kafka does not take heartbeats: {Error}", e.Message);
        }
    }

    private Dictionary<string, Count> Counts() =>
        stations.All.SelectMany(s => cameras.Of(s.Id)).ToDictionary(c => c.CameraId, c => new Count(c.Frames, c.Sightings, c.Unread));

    private sealed record Snapshot(long At, TimeSpan Cpu, Dictionary<string, Count> Cameras);

    private readonly record struct Count(long Frames, long Sightings, long Unread);
}
