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

    private static async Task<EdgeKafkaMeasurement> MeasureAsync(IAdminClient admin, EdgeKafkaMeasurement? before, CancellationToken cancellationToken)
    {
        try
        {
            // It blocks, seconds long when nobody answers.
            var topic = (await Task.Run(() => admin.GetMetadata(Topics.Sightings, Timeout), cancellationToken)).Topics[0];
            var partitions = topic.Partitions.ConvertAll(p => new TopicPartition(topic.Topic, p.PartitionId));
            var begin = await SumAsync(admin, partitions, OffsetSpec.Earliest());
            var end = await SumAsync(admin, partitions, OffsetSpec.Latest());
            return new EdgeKafkaMeasurement(Math.Max(0, end - begin), end, null);
        }
        catch (Exception e) when (e is KafkaException or TimeoutException or ObjectDisposedException)
        {
            return new EdgeKafkaMeasurement(before?.Records ?? 0, before?.End ?? 0, (e as KafkaException)?.Error.Reason ?? e.Message);
        }
    }

    private static async Task<long> SumAsync(IAdminClient admin, List<TopicPartition> partitions, OffsetSpec which)
    {
        if (partitions.Count == 0)
        {
            return 0;
        }

        var answer = await admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = which }), new ListOffsetsOptions { RequestTimeout = Timeout })
            .WaitAsync(2 * Timeout); // a producer that is made anew meanwhile leaves nobody to answer
        return answer.ResultInfos.Sum(r => r.TopicPartitionOffsetError.Error.IsError ? throw new KafkaException(r.TopicPartitionOffsetError.Error) : Math.Max(0, r.TopicPartitionOffsetError.Offset.Value));
    }
}

/// <param name="Records">That the topic keeps.</param>
/// <param name="End">Sum of its partitions' next offsets.</param>
/// <param name="Error">Why it could not be asked; then the figures are those of the last time.</param>
internal sealed record EdgeKafkaMeasurement(long Records, long End, string? Error);
