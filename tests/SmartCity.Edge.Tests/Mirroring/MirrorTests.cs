using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Edge.Tests.Mirroring;

public sealed class MirrorTests : IDisposable
{
    private const int Partitions = 3;
    private static readonly string Target = Topics.Mirrored(EdgeTransport.Station, Topics.Sightings);

    private readonly TemporaryFolder _folder = new();
    private readonly InProcessBroker _edge = new((Topics.Sightings, Partitions), (Topics.StationHeartbeats, 1));
    private readonly InProcessBroker _core = new((Target, Partitions), (Topics.Mirrored(EdgeTransport.Station, Topics.StationHeartbeats), 1));

    public void Dispose()
    {
        _edge.Dispose();
        _core.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_record_arrives_byte_for_byte()
    {
        var odd = new Message<byte[]?, byte[]?>
        {
            Key = [0, 255, 10],
            Value = [.. Enumerable.Range(0, 256).Select(i => (byte)i)],
            Timestamp = new Timestamp(1_700_000_000_123, TimestampType.CreateTime),
            Headers = new Headers { { "a", [1, 2] }, { "a", [3] }, { "empty", [] }, { "none", null } },
        };
        var bare = new Message<byte[]?, byte[]?> { Key = null, Value = null, Timestamp = new Timestamp(1, TimestampType.CreateTime) };
        await SendAsync(Topics.Sightings, [(2, odd), (1, bare)]);
        await SendAsync(Topics.StationHeartbeats, [(0, odd)]);
        await using var mirror = await StartAsync();

        var records = await ReadAsync(2);

        AssertSame(odd, records.Single(r => r.Partition.Value == 2));
        AssertSame(bare, records.Single(r => r.Partition.Value == 1));
        using var heartbeats = new TopicReader(_core.BootstrapServers, Topics.Mirrored(EdgeTransport.Station, Topics.StationHeartbeats), 1);
        await Eventually.IsTrue(() => heartbeats.Take() > 0, "the heartbeat arrived");
        AssertSame(odd, heartbeats.Records.Single());
    }

    [Fact]
    public async Task Restarts_in_the_middle_repeat_at_most_and_never_lose_or_reorder()
    {
        const int count = 6000;
        var sending = SendAsync(Topics.Sightings, Enumerable.Range(0, count).Select(i => (i % Partitions, Numbered(i))));
        using var reader = new TopicReader(_core.BootstrapServers, Target, Partitions);
        foreach (var until in new[] { 1, count / 3, count / 2 })
        {
            await using var stopped = await StartAsync();
            await Eventually.IsTrue(() => reader.Take() >= until, $"{until} records arrived");
        }

        await sending;
        await using var mirror = await StartAsync();
        await Eventually.IsTrue(
            () => reader.Take() >= count && reader.Records.Select(Number).Distinct().Count() == count,
            "every record arrived");

        foreach (var partition in reader.Records.GroupBy(r => r.Partition.Value))
        {
            var firsts = partition.Select(Number).Distinct().ToList();
            Assert.Equal(firsts.Order(), firsts);
            Assert.All(firsts, n => Assert.Equal(partition.Key, n % Partitions));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Either_side_may_go_down_and_come_back(bool edgeSide)
    {
        await using var mirror = await StartAsync();
        await SendAsync(Topics.Sightings, [(0, Numbered(0))]);
        await ReadAsync(1);
        var side = edgeSide ? _edge : _core;
        if (edgeSide)
        {
            await SendAsync(Topics.Sightings, Enumerable.Range(1, 200).Select(i => (i % Partitions, Numbered(i))));
            side.GoDown();
        }
        else
        {
            side.GoDown();
            await SendAsync(Topics.Sightings, Enumerable.Range(1, 200).Select(i => (i % Partitions, Numbered(i))));
        }

        await Eventually.IsTrue(() => mirror.Health.Reports.Any(r => r.Name == $"mirror {EdgeTransport.Station} {Topics.Sightings}" && r.State == WorkerState.Degraded), "health tells of the outage");
        side.ComeUp();

        using var reader = new TopicReader(_core.BootstrapServers, Target, Partitions);
        await Eventually.IsTrue(() => reader.Take() >= 201 && reader.Records.Select(Number).Distinct().Count() == 201, "everything arrived");
        await Eventually.IsTrue(() => mirror.Health.Reports.All(r => r.State == WorkerState.Healthy), "health is well again");
    }

    [Fact]
    public async Task A_topic_that_the_core_lacks_is_made()
    {
        using var empty = new InProcessBroker();
        await SendAsync(Topics.Sightings, Enumerable.Range(0, 30).Select(i => (i % Partitions, Numbered(i))));
        var settings = Settings();
        settings["ConnectionStrings:core-kafka"] = empty.BootstrapServers;

        await using var mirror = await EdgeTransport.StartAsync(settings);

        using var reader = new TopicReader(empty.BootstrapServers, Target, Partitions);
        await Eventually.IsTrue(() => reader.Take() >= 30, "all arrived");
        Assert.All(reader.Records, r => Assert.Equal(Number(r) % Partitions, r.Partition.Value));
    }

    [Fact]
    public async Task The_broker_in_the_process_forgets_what_was_carried_and_keeps_the_newest()
    {
        const int count = 600;
        await SendAsync(Topics.Sightings, Enumerable.Range(0, count / 2).Select(i => (0, Numbered(i))));
        await using var mirror = await EdgeTransport.StartAsync(Settings(), services => services.AddSingleton(new DoneWith(InProcessBroker.Forget)));
        using var reader = new TopicReader(_core.BootstrapServers, Target, Partitions);
        await Eventually.IsTrue(() => reader.Take() >= count / 2, "the first half arrived");
        await SendAsync(Topics.Sightings, Enumerable.Range(count / 2, count / 2).Select(i => (0, Numbered(i))));

        await Eventually.IsTrue(() => reader.Take() >= count, "all arrived");

        Assert.Equal(Enumerable.Range(0, count), reader.Records.Select(Number));
        using var edge = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = _edge.BootstrapServers, GroupId = "outside" }).Build();
        var within = TimeSpan.FromSeconds(10);
        await Eventually.IsTrue(() => edge.QueryWatermarkOffsets(new TopicPartition(Topics.Sightings, 0), within).Low >= count - 100, "the edge's broker forgot");
        Assert.InRange(edge.QueryWatermarkOffsets(new TopicPartition(Topics.Sightings, 0), within).Low.Value, count - 100, count - 50);
        Assert.Equal(0, reader.Records[0].Offset.Value); // nobody has said to be done with the core's
    }

    [Fact]
    public async Task Two_stations_on_one_kafka_are_refused_with_the_reason()
    {
        var settings = Settings();
        settings["Mirror:Stations:1"] = "london-a3";

        await using var host = await EdgeTransport.StartAsync(settings);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => host.Ended("MirrorWorker"));
        Assert.Contains("london-a1, london-a3 have the same Kafka", error.Message, StringComparison.Ordinal);
    }

    private static Message<byte[]?, byte[]?> Numbered(int number) => new()
    {
        Key = Encoding.ASCII.GetBytes($"k{number % 7}"),
        Value = Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)),
    };

    private static int Number(ConsumeResult<byte[]?, byte[]?> record) => int.Parse(Encoding.ASCII.GetString(record.Message.Value!), CultureInfo.InvariantCulture);

    private static void AssertSame(Message<byte[]?, byte[]?> sent, ConsumeResult<byte[]?, byte[]?> arrived)
    {
        Assert.Equal(sent.Key, arrived.Message.Key);
        Assert.Equal(sent.Value, arrived.Message.Value);
        Assert.Equal(sent.Timestamp, arrived.Message.Timestamp);
        Assert.Equal(
            (sent.Headers ?? []).Select(h => (h.Key, Bytes: h.GetValueBytes() is { } b ? Convert.ToHexString(b) : null)),
            arrived.Message.Headers.Select(h => (h.Key, Bytes: h.GetValueBytes() is { } b ? Convert.ToHexString(b) : null)));
    }

    private Dictionary<string, string?> Settings() => new()
    {
        ["ConnectionStrings:edge-kafka"] = _edge.BootstrapServers,
        ["ConnectionStrings:core-kafka"] = _core.BootstrapServers,
        ["ConnectionStrings:objects"] = _folder["objects"],
        ["Edge:SpoolPath"] = _folder["spool"],
        ["Mirror:Stations:0"] = EdgeTransport.Station,
    };

    private Task<EdgeTransport> StartAsync() => EdgeTransport.StartAsync(Settings());

    private async Task SendAsync(string topic, IEnumerable<(int Partition, Message<byte[]?, byte[]?> Message)> messages)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = _edge.BootstrapServers, LingerMs = 1 }).Build();
        await Task.WhenAll(messages.Select(m => producer.ProduceAsync(new TopicPartition(topic, m.Partition), m.Message, TestContext.Current.CancellationToken)));
    }

    private async Task<List<ConsumeResult<byte[]?, byte[]?>>> ReadAsync(int count)
    {
        using var reader = new TopicReader(_core.BootstrapServers, Target, Partitions);
        await Eventually.IsTrue(() => reader.Take() >= count, $"{count} records arrived");
        return reader.Records;
    }
}
