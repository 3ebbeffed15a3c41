using System.Diagnostics;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Tests.Kafka;

/// <summary>Work that is stuck: what a reader holds in memory stays small, whatever it is given.</summary>
public sealed class BatchReaderTests : IDisposable
{
    private const int Partitions = 4;
    private const int Capacity = 100;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    private readonly InProcessBroker _broker = new(("stuck", Partitions));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task Partitions_of_a_member_that_has_gone_are_paused_too_while_the_queue_is_full()
    {
        const int records = 5_000;
        await SendAsync(records, 100);
        await using var stays = Reader(Soon);
        await UntilAsync(() => stays.Waiting >= Capacity, "the first reader is full");
        var goes = Reader(Soon);
        await UntilAsync(() => stays.Partitions + goes.Partitions == Partitions && goes.Partitions > 0, "both have partitions");
        await UntilAsync(() => goes.Waiting >= Capacity, "the second reader is full");

        await goes.DisposeAsync();
        await UntilAsync(() => stays.Partitions == Partitions, "the first one has all partitions");

        // As long as it takes to fetch them all, and more.
        var most = 0;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2); await Task.Delay(10, Token))
        {
            most = Math.Max(most, stays.Waiting);
        }

        Assert.InRange(most, Capacity, Capacity + 10);
        var got = new HashSet<TopicPartitionOffset>();
        while (got.Count < Partitions * records)
        {
            var batch = await stays.ReadAsync(50, TimeSpan.Zero, TimeSpan.FromSeconds(20), Token);
            Assert.NotEmpty(batch);
            batch.ForEach(r => got.Add(r.TopicPartitionOffset));
        }
    }

    [Fact]
    public async Task Large_records_fill_the_queue_sooner()
    {
        await SendAsync(4, 900_000); // a partition of this broker keeps 5 MB
        await using var reader = Reader(Soon, capacity: 10_000, mostBytes: 3_000_000);
        await UntilAsync(() => reader.Waiting >= 4, "it has read some");

        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1); await Task.Delay(10, Token))
        {
            Assert.InRange(reader.Waiting, 4, 5);
        }

        for (var left = 4 * Partitions; left > 0; left -= (await reader.ReadAsync(1, TimeSpan.Zero, TimeSpan.FromSeconds(20), Token)).Count)
        {
        }
    }

    private static Task UntilAsync(Func<bool> condition, string what) => CoreHost.UntilAsync(() => Task.FromResult(condition()), what);

    private BatchReader Reader(TimeSpan pauseAfter, int capacity = Capacity, long mostBytes = BatchReader.UsualBytes)
    {
        var config = KafkaConnection.Parse(_broker.BootstrapServers).Consumer("tests", "stuck");
        (config.SessionTimeoutMs, config.HeartbeatIntervalMs) = (2_000, 500); // this broker forms a group anew when a session has run out
        return new BatchReader(config, "stuck", capacity, NullLogger.Instance) { PauseAfter = pauseAfter, MostBytes = mostBytes };
    }

    private async Task SendAsync(int records, int bytes)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(KafkaConnection.Parse(_broker.BootstrapServers).Producer("tests")).Build();
        var value = new byte[bytes];
        await Task.WhenAll(Enumerable.Range(0, records * Partitions).Select(i => producer.ProduceAsync(new TopicPartition("stuck", i % Partitions), new Message<byte[]?, byte[]?> { Value = value })));
    }
}
