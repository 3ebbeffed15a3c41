using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Bricks;
using SmartCity.Bricks.Kafka;
using SmartCity.ServiceDefaults.Health;
using Spectre.Console;

namespace SmartCity.Bench;

/// <summary>
/// <c>bench bricks</c>: events a second through a <see cref="KafkaWorker{T}"/> with everything it does, beside a bare loop of Confluent.Kafka that reads the same
/// records, reads their JSON, calls the same function and stores the positions. A real Kafka, a topic of four partitions, both in turns.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class BricksBench
{
    private const int Partitions = 4;
    private const int Belts = 1_000;

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Events.", DefaultValueFactory = _ => 400_000 };
        var rounds = new Option<int>("--rounds") { Description = "Runs of each, in turns; the median counts.", DefaultValueFactory = _ => 5 };
        var servers = new Option<string?>("--kafka") { Description = "Bootstrap servers; otherwise a Kafka is started from KAFKA_HOME." };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("bricks", "A function on Kafka: events a second beside a bare loop.") { count, rounds, servers, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var figures = await RunAsync(parse.GetValue(servers), parse.GetValue(count), parse.GetValue(rounds), cancellationToken);
            if (parse.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
            }
            else
            {
                var table = new Table().AddColumns("", "events a second").AddRow("bare loop", $"{figures.Bare:N0}").AddRow("KafkaWorker", $"{figures.Bricks:N0}").AddRow("share", $"{figures.Share:P0}");
                AnsiConsole.Write(table);
            }

            return 0;
        });
        return command;
    }

    private static async Task<BricksBenchFigures> RunAsync(string? servers, int count, int rounds, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryData();
        await using var node = servers is null ? await StartAsync(folder.Path, cancellationToken) : null;
        servers ??= node!.BootstrapServers;
        var topic = $"bench-{Guid.NewGuid():N}";
        await FillAsync(servers, topic, count, cancellationToken);
        var (bare, bricks) = (new List<double>(), new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            var a = await Task.Run(() => Bare(servers, topic, count), cancellationToken);
            var b = await BricksAsync(servers, topic, count);

            // The first of each warms up.
            if (round > 0)
            {
                bare.Add(a);
                bricks.Add(b);
            }
        }

        var (x, y) = (Median(bare), Median(bricks));
        return new BricksBenchFigures(count, x, y, y / x);
    }

    private static double Bare(string servers, string topic, int count)
    {
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig(Group(servers)) { EnableAutoCommit = true, EnableAutoOffsetStore = false, AutoOffsetReset = AutoOffsetReset.Earliest }).Build();
        consumer.Subscribe(topic);
        var (done, weight, started) = (0, 0L, 0L);
        while (done < count)
        {
            if (consumer.Consume(100) is not { Message: not null } record)
            {
                continue;
            }

            started = started == 0 ? Stopwatch.GetTimestamp() : started;
            weight += JsonSerializer.Deserialize<BenchParcel>(record.Message.Value, JsonSerializerOptions.Web)!.Grams;
            consumer.StoreOffset(record);
            done++;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        consumer.Close();
        return weight > 0 ? count / seconds : 0;
    }

    private static async Task<double> BricksAsync(string servers, string topic, int count)
    {
        var (done, weight, started) = (0, 0L, 0L);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var flow = new Flow<BenchParcel>((e, _) =>
        {
            if (started == 0)
            {
                Interlocked.CompareExchange(ref started, Stopwatch.GetTimestamp(), 0);
            }

            Interlocked.Add(ref weight, e.Data.Grams);
            if (Interlocked.Increment(ref done) == count)
            {
                all.TrySetResult();
            }

            return ValueTask.FromResult(Result.Done);
        });
        using var stop = new CancellationTokenSource();
        var running = new KafkaWorker<BenchParcel>(flow, Group(servers), topic).RunAsync(stop.Token);
        await await Task.WhenAny(all.Task, running);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stop.CancelAsync();
        await running;
        return weight > 0 ? count / seconds : 0;
    }

    private static ConsumerConfig Group(string servers) => new() { BootstrapServers = servers, GroupId = $"bench-{Guid.NewGuid():N}", FetchWaitMaxMs = 50, QueuedMinMessages = 100_000 };

    private static async Task FillAsync(string servers, string topic, int count, CancellationToken cancellationToken)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = Partitions, ReplicationFactor = 1 }]);
        using var sink = new KafkaSink<BenchParcel>(new ProducerConfig { BootstrapServers = servers, LingerMs = 20, CompressionType = CompressionType.Lz4 }, topic);
        for (var begin = 0; begin < count; begin += 20_000)
        {
            await Task.WhenAll(Enumerable.Range(begin, Math.Min(20_000, count - begin)).Select(n => sink.SendAsync(
                new CloudEvent<BenchParcel>
                {
                    Id = n.ToString(CultureInfo.InvariantCulture),
                    Source = "/belts",
                    Type = "parcel.weighed",
                    Time = DateTimeOffset.UnixEpoch.AddSeconds(n),
                    Key = $"belt-{n % Belts}",
                    Data = new BenchParcel(n, $"belt-{n % Belts}", 1 + (n % 30_000), "Depot 7, bay 12", Fragile: n % 7 == 0),
                },
                cancellationToken)));
        }
    }

    private static async Task<KafkaNode> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var home = Environment.GetEnvironmentVariable("KAFKA_HOME") ?? throw new InvalidOperationException("bench bricks needs a real Kafka: set KAFKA_HOME to an installation, or name servers with --kafka.");
        var kafka = await KafkaInstallation.FindAsync(Path.GetFullPath(home), cancellationToken);
        using var data = DataFolder.Take(folder);
        return await KafkaNode.StartAsync(kafka, "bench", null, data.Below("kafka"), KafkaLog.Of(data, "kafka"), [], new WorkerHealth(TimeProvider.System), NullLogger.Instance, cancellationToken);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed class TemporaryData : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("bench-bricks").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}

internal sealed record BenchParcel(int Number, string Belt, int Grams, string To, bool Fragile);

/// <param name="Share">Of the bare loop's speed.</param>
internal sealed record BricksBenchFigures(int Events, double Bare, double Bricks, double Share);
