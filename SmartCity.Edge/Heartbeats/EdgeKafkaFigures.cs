using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Publishing;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Edge.Heartbeats;

/// <summary>Asks the Kafka of each station through its producer, as often as heartbeats go out, what its topic of sightings holds. A Kafka that does not answer holds up no heartbeat.</summary>
internal sealed class EdgeKafkaFigures(ServedStations stations, EdgeProducers producers, IConfiguration configuration, IOptions<EdgeOptions> options, WorkerHealth health, TimeProvider time, ILogger<EdgeKafkaFigures> logger) : BackgroundService
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, EdgeKafkaMeasurement> _newest = new(StringComparer.Ordinal);

    /// <summary>Null until it was asked.</summary>
    public EdgeKafkaMeasurement? Of(string stationId) => _newest.GetValueOrDefault(stationId);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(stations.All.GroupBy(s => KafkaConnection.Edge(configuration, s.Id).BootstrapServers, s => s.Id).Select(kafka => KeepAsync([.. kafka], stoppingToken)));

    private Task KeepAsync(string[] ids, CancellationToken stoppingToken)
    {
        var worker = $"edge kafka figures {ids[0]}";
        return health.KeepAsync(worker, token => WatchAsync(worker, ids, token), logger, stoppingToken);
    }

    private async Task WatchAsync(string worker, string[] ids, CancellationToken stoppingToken)
    {
        var producer = producers.For(ids[0]);
        using var timer = new PeriodicTimer(options.Value.HeartbeatInterval, time);
        do
        {
            var newest = await MeasureAsync(producer.Admin, _newest.GetValueOrDefault(ids[0]), stoppingToken);
            foreach (var id in ids)
            {
                _newest[id] = newest;
            }

            health.Healthy(worker);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<EdgeKafkaMeasurement> MeasureAsync(IAdminClient admin, EdgeKafkaMeasurement? before, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        try
        {
            // It blocks, seconds long when nobody answers.
            var topic = (await Task.Run(() => admin.GetMetadata(Topics.Sightings, Timeout), cancellationToken)).Topics[0];
            var partitions = topic.Partitions.ConvertAll(p => new TopicPartition(topic.Topic, p.PartitionId));
            var begin = (await OffsetsAsync(admin, partitions, OffsetSpec.Earliest())).Values.Sum();
            var ends = await OffsetsAsync(admin, partitions, OffsetSpec.Latest());
            var end = ends.Values.Sum();
            return new EdgeKafkaMeasurement(at, Math.Max(0, end - begin), end, ends, null);
        }
        catch (Exception e) when (e is KafkaException or TimeoutException or ObjectDisposedException)
        {
            return new EdgeKafkaMeasurement(at, before?.Records ?? 0, before?.End ?? 0, before?.Ends ?? new Dictionary<int, long>(), (e as KafkaException)?.Error.Reason ?? e.Message);
        }
    }

    private static async Task<Dictionary<int, long>> OffsetsAsync(IAdminClient admin, List<TopicPartition> partitions, OffsetSpec which)
    {
        if (partitions.Count == 0)
        {
            return [];
        }

        var answer = await admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = which }), new ListOffsetsOptions { RequestTimeout = Timeout })
            .WaitAsync(2 * Timeout); // a producer that is made anew meanwhile leaves nobody to answer
        return answer.ResultInfos.Select(r => r.TopicPartitionOffsetError)
            .ToDictionary(r => r.Partition.Value, r => r.Error.IsError ? throw new KafkaException(r.Error) : Math.Max(0, r.Offset.Value));
    }
}

/// <param name="At">When it was asked.</param>
/// <param name="Records">That the topic keeps.</param>
/// <param name="End">Sum of its partitions' next offsets.</param>
/// <param name="Ends">The partitions' next offsets.</param>
/// <param name="Error">Why it could not be asked; then the figures are those of the last time.</param>
internal sealed record EdgeKafkaMeasurement(DateTimeOffset At, long Records, long End, IReadOnlyDictionary<int, long> Ends, string? Error);
