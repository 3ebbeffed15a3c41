using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;
using SmartCity.Bricks.Kafka;

namespace SmartCity.Bricks.Tests;

/// <summary>On a real Kafka.</summary>
public sealed class KafkaTests(RealKafka kafka)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [Fact]
    public async Task Whatever_a_function_does_and_however_often_the_worker_ends_nothing_is_lost()
    {
        var (servers, topic) = await kafka.TopicAsync();
        const int Belts = 6, Each = 100;
        await ProduceAsync(servers, topic, Parcels.Events(Belts, Each));
        await PlainAsync(servers, topic, "b0", "no parcel");

        var function = new BadFunction();
        var flow = new Flow<Parcel>(function.WorkAsync) { FirstRetry = TimeSpan.FromMilliseconds(1), LongestRetry = TimeSpan.FromMilliseconds(5), TimeLimit = TimeSpan.FromMilliseconds(100), Attempts = 25, Drain = TimeSpan.Zero };
        var poison = Parcels.Events(Belts, Each).Count(e => BadFunction.IsPoison(e.Data));

        // Twice it ends with work in hand, as if it were killed; what was not finished comes again.
        foreach (var enough in (int[])[100, 300, (Belts * Each) - poison])
        {
            using var stop = new CancellationTokenSource();
            var worker = new KafkaWorker<Parcel>(flow with { Seen = new SeenWindow() }, Group(servers, topic), topic) { BatchRecords = 50, DeadLetterTopic = topic + "-dead" };
            var running = worker.RunAsync(stop.Token);
            await UntilAsync(() => running.IsCompleted || function.Done.Distinct().Count() >= enough);
            if (enough == (Belts * Each) - poison)
            {
                await UntilAsync(() => Read(servers, topic + "-dead").DistinctBy(r => Header(r, "dead-id")).Count() > poison);
            }

            await stop.CancelAsync();
            await Task.WhenAny(running);
        }

        Assert.Equal(Parcels.Events(Belts, Each).Where(e => !BadFunction.IsPoison(e.Data)).Select(e => e.Id).Order(), function.Done.Select(p => $"{p.Belt}-{p.Number}").Distinct().Order());
        Parcels.AreInOrder(function.Done.Distinct()); // a repeat after an end comes later, and changes nothing
        var dead = Read(servers, topic + "-dead");
        Assert.Equal(poison + 1, dead.DistinctBy(r => Header(r, "dead-id")).Count());
        Assert.Equal(["The parcel weighs less than nothing.", "The record cannot be read"], dead.Select(r => Header(r, "reason")!.Split(':')[0]).Distinct().Order(StringComparer.Ordinal));
        var unreadable = dead.First(r => Header(r, "ce_id") is null);
        Assert.Equal(("no parcel", "b0", "0"), (Encoding.UTF8.GetString(unreadable.Message.Value), Encoding.UTF8.GetString(unreadable.Message.Key), Header(unreadable, "attempts")));
    }

    [Fact]
    public async Task A_graceful_stop_leaves_nothing_to_do_again()
    {
        var (servers, topic) = await kafka.TopicAsync();
        await ProduceAsync(servers, topic, Parcels.Events(4, 200));
        var handled = new List<string>();
        var flow = new Flow<Parcel>(async (e, _) =>
        {
            await Task.Yield();
            lock (handled)
            {
                handled.Add(e.Id);
            }

            return Result.Done;
        })
        { Seen = null };
        foreach (var enough in (int[])[1, 300, 800])
        {
            using var stop = new CancellationTokenSource();
            var running = new KafkaWorker<Parcel>(flow, Group(servers, topic), topic) { BatchRecords = 40 }.RunAsync(stop.Token);
            await UntilAsync(() =>
            {
                lock (handled)
                {
                    return handled.Count >= enough;
                }
            });
            await stop.CancelAsync();
            await running;
        }

        Assert.Equal(800, handled.Count);
        Assert.Equal(800, handled.Distinct().Count());
    }

    [Fact]
    public async Task An_event_arrives_as_it_was_sent_and_a_plain_record_is_named_by_its_place()
    {
        var (servers, topic) = await kafka.TopicAsync(partitions: 1);
        var sent = Parcels.Event("b", 1) with { Subject = "Straße 1", Time = new DateTimeOffset(2026, 11, 23, 8, 15, 30, 120, TimeSpan.Zero), DataSchema = "https://example.org/parcel", TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", TraceState = "a=b" };
        await ProduceAsync(servers, topic, [sent]);
        await PlainAsync(servers, topic, "b", """{"belt":"b","number":2}""");
        await PlainAsync(servers, topic, "b", """{"specversion":"1.0","id":"3","source":"/s","type":"t","data":{"belt":"b","number":3}}""", ("content-type", "application/cloudevents+json; charset=utf-8"));

        var seen = new List<CloudEvent<Parcel>>();
        using var stop = new CancellationTokenSource();
        var running = new KafkaWorker<Parcel>(new Flow<Parcel>((e, _) => { seen.Add(e); return ValueTask.FromResult(Result.Done); }) { Parallelism = 1 }, Group(servers, topic), topic).RunAsync(stop.Token);
        await UntilAsync(() => seen.Count == 3);
        await stop.CancelAsync();
        await running;

        Assert.Equal(sent with { DataContentType = "application/json" }, seen[0]);
        Assert.Equal(("0/1", topic, topic, new Parcel("b", 2)), (seen[1].Id, seen[1].Source, seen[1].Type, seen[1].Data));
        Assert.Equal(("3", "/s", "t", "b", new Parcel("b", 3)), (seen[2].Id, seen[2].Source, seen[2].Type, seen[2].Key, seen[2].Data));

        // As the Kafka binding of CloudEvents has it: the value is the data alone.
        var record = Read(servers, topic)[0];
        Assert.Equal("""{"belt":"b","number":1}""", Encoding.UTF8.GetString(record.Message.Value));
        Assert.Equal(("1.0", "b-1", "/belts/b", "parcel.weighed", "2026-11-23T08:15:30.12Z", "application/json"), (Header(record, "ce_specversion"), Header(record, "ce_id"), Header(record, "ce_source"), Header(record, "ce_type"), Header(record, "ce_time"), Header(record, "content-type")));
    }

    [Fact]
    public async Task A_key_keeps_its_order_when_its_partition_moves_to_another_worker()
    {
        var (servers, topic) = await kafka.TopicAsync();
        const int Belts = 12, Each = 60;
        await ProduceAsync(servers, topic, Parcels.Events(Belts, Each));

        // What each worker begins and ends, in the order in which it happened.
        var (said, busy, overlaps, isShared) = (new List<(string Worker, Parcel Parcel)>(), new HashSet<string>(), 0, false);
        Flow<Parcel> Of(string worker) => new(async (e, _) =>
        {
            lock (said)
            {
                overlaps += busy.Add(e.Data.Belt) ? 0 : 1;
                isShared |= worker == "second";
            }

            // There is work left when the second worker has joined, which takes Kafka some seconds.
            await Task.Delay(isShared ? 15 : 600, CancellationToken.None);
            lock (said)
            {
                busy.Remove(e.Data.Belt);
                said.Add((worker, e.Data));
            }

            return Result.Done;
        });
        using var stop = new CancellationTokenSource();
        var first = new KafkaWorker<Parcel>(Of("first"), Group(servers, topic), topic) { BatchRecords = 50 }.RunAsync(stop.Token);
        await UntilAsync(() => Count() >= 20);
        var second = new KafkaWorker<Parcel>(Of("second"), Group(servers, topic), topic) { BatchRecords = 50 }.RunAsync(stop.Token);
        await UntilAsync(() => first.IsCompleted || second.IsCompleted || Count() >= Belts * Each);
        await stop.CancelAsync();
        await Task.WhenAll(first, second);

        Assert.Contains(said, s => s.Worker == "second");
        Assert.Equal(0, overlaps);
        Parcels.AreInOrder(said.Select(s => s.Parcel).Distinct()); // what was done after one that was not comes again
        Assert.Equal(Belts * Each, said.Select(s => s.Parcel).Distinct().Count());

        int Count()
        {
            lock (said)
            {
                return said.Select(s => s.Parcel).Distinct().Count();
            }
        }
    }

    [Fact]
    public async Task A_record_that_fails_holds_up_its_key_alone_and_comes_again_after_a_restart()
    {
        var (servers, topic) = await kafka.TopicAsync(partitions: 1);
        const int Others = 8_000;
        await ProduceAsync(servers, topic, [Parcels.Event("bad", 0), Parcels.Event("bad", 1), .. Enumerable.Range(0, Others).Select(n => Parcels.Event($"b{n % 20}", n / 20))]);
        var (done, mended) = (new ConcurrentQueue<Parcel>(), false);
        var flow = new Flow<Parcel>((e, _) =>
        {
            if (e.Data.Belt == "bad" && !Volatile.Read(ref mended))
            {
                return ValueTask.FromResult(Result.Failed("The scales are busy."));
            }

            done.Enqueue(e.Data);
            return ValueTask.FromResult(Result.Done);
        })
        { Attempts = int.MaxValue, FirstRetry = TimeSpan.FromSeconds(1), Drain = TimeSpan.Zero };
        using (var stop = new CancellationTokenSource())
        {
            var running = new KafkaWorker<Parcel>(flow, Group(servers, topic), topic).RunAsync(stop.Token);
            await UntilAsync(() => running.IsCompleted || done.Count >= Others);
            await stop.CancelAsync();
            await Task.WhenAny(running);
        }

        Volatile.Write(ref mended, true);
        using var again = new CancellationTokenSource();
        var last = new KafkaWorker<Parcel>(flow with { Drain = Patience }, Group(servers, topic), topic).RunAsync(again.Token);
        await UntilAsync(() => last.IsCompleted || done.Count(p => p.Belt == "bad") == 2);
        await again.CancelAsync();
        await last;
        Parcels.AreInOrder(done);
        Assert.Equal(Others + 2, done.Count); // the window of seen events still knows the others
    }

    [Fact]
    public async Task A_fatal_error_of_Kafka_ends_the_worker_with_what_it_has_in_work()
    {
        var (servers, topic) = await kafka.TopicAsync(partitions: 1);
        await ProduceAsync(servers, topic, Parcels.Events(belts: 3, each: 1));
        var (begun, cancelled) = (0, 0);
        var flow = new Flow<Parcel>(async (_, cancellationToken) =>
        {
            Interlocked.Increment(ref begun);
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                Interlocked.Increment(ref cancelled);
            }

            return Result.Done;
        })
        { TimeLimit = TimeSpan.FromHours(1) };

        // Of two members of the same name Kafka shuts the first out, for good.
        var named = new ConsumerConfig(Group(servers, topic)) { GroupInstanceId = "scales" };
        using var stop = new CancellationTokenSource();
        var first = new KafkaWorker<Parcel>(flow, named, topic);
        var running = first.RunAsync(stop.Token);
        await UntilAsync(() => running.IsCompleted || Volatile.Read(ref begun) == 3);
        var second = new KafkaWorker<Parcel>(new Flow<Parcel>((_, _) => ValueTask.FromResult(Result.Done)), named, topic).RunAsync(stop.Token);
        var error = await Assert.ThrowsAnyAsync<KafkaException>(() => running.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.True(error.Error.IsFatal, error.Message);
        Assert.Equal(3, cancelled);
        await stop.CancelAsync();
        await second;
    }

    [Fact]
    public async Task A_sink_goes_on_after_a_fatal_error_of_its_producer()
    {
        var (servers, topic) = await kafka.TopicAsync(partitions: 1);
        using var sink = new KafkaSink<Parcel>(new ProducerConfig { BootstrapServers = servers }, topic);
        await sink.SendAsync(Parcels.Event("b", 0), TestContext.Current.CancellationToken);
        FailForGood(sink.Handle);
        var (failed, sent) = (TimeProvider.System.GetTimestamp(), false);
        while (!sent)
        {
            try
            {
                await sink.SendAsync(Parcels.Event("b", 1), TestContext.Current.CancellationToken);
                sent = true;
            }
            catch (KafkaException) when (TimeProvider.System.GetElapsedTime(failed) < Patience)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(["b-0", "b-1"], Read(servers, topic).Select(r => Header(r, "ce_id")));
    }

    // librdkafka has a function for this, which Confluent.Kafka does not show.
    private static void FailForGood(Handle client)
    {
        using var self = Process.GetCurrentProcess();
        var library = NativeLibrary.Load(self.Modules.Cast<ProcessModule>().First(m => m.ModuleName.Contains("librdkafka", StringComparison.Ordinal)).FileName);
        var fail = Marshal.GetDelegateForFunctionPointer<FatalError>(NativeLibrary.GetExport(library, "rd_kafka_test_fatal_error"));
        var handle = (SafeHandle)typeof(Handle).GetProperty("LibrdkafkaHandle", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(client)!;
        Assert.Equal(0, fail(handle, (int)ErrorCode.OutOfOrderSequenceNumber, "a test"));
    }

    private delegate int FatalError(SafeHandle client, int error, string reason);

    private static ConsumerConfig Group(string servers, string topic) => new() { BootstrapServers = servers, GroupId = topic + "-group" };

    internal static async Task ProduceAsync(string servers, string topic, IEnumerable<CloudEvent<Parcel>> events)
    {
        using var sink = new KafkaSink<Parcel>(new ProducerConfig { BootstrapServers = servers, LingerMs = 5 }, topic);
        await Task.WhenAll(events.Select(e => sink.SendAsync(e)));
    }

    internal static async Task PlainAsync(string servers, string topic, string key, string value, params (string Name, string Value)[] headers)
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = servers }).Build();
        var message = new Message<string, string> { Key = key, Value = value, Headers = [] };
        Array.ForEach(headers, h => message.Headers.Add(h.Name, Encoding.UTF8.GetBytes(h.Value)));
        await producer.ProduceAsync(topic, message);
    }

    // Of a topic with one partition.
    internal static List<ConsumeResult<byte[], byte[]>> Read(string servers, string topic)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = servers, GroupId = "reader", EnableAutoCommit = false, EnablePartitionEof = true }).Build();
        var partitions = new[] { new TopicPartitionOffset(topic, 0, Offset.Beginning) };
        consumer.Assign(partitions);
        var records = new List<ConsumeResult<byte[], byte[]>>();
        for (var ended = 0; ended < partitions.Length;)
        {
            var record = consumer.Consume(Patience);
            if (record.IsPartitionEOF)
            {
                ended++;
            }
            else
            {
                records.Add(record);
            }
        }

        return records;
    }

    internal static string? Header<TKey, TValue>(ConsumeResult<TKey, TValue> record, string name) => record.Message.Headers.TryGetLastBytes(name, out var value) ? Encoding.UTF8.GetString(value) : null;

    internal static async Task UntilAsync(Func<bool> condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await Task.Factory.StartNew(condition, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)) // what blocks takes no thread of the pool
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"It did not happen within {Patience}.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
