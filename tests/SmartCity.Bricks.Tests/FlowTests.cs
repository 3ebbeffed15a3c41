using System.Collections.Concurrent;
using System.Diagnostics;
using SmartCity.Bricks.Kafka;

namespace SmartCity.Bricks.Tests;

public sealed class FlowTests
{
    private static Flow<Parcel> Of(Func<CloudEvent<Parcel>, CancellationToken, ValueTask<Result>> function) => new(function)
    {
        FirstRetry = TimeSpan.FromMilliseconds(1),
        LongestRetry = TimeSpan.FromMilliseconds(5),
        TimeLimit = TimeSpan.FromMilliseconds(100),
        Attempts = 25,
    };

    [Fact]
    public async Task Whatever_a_function_does_nothing_is_lost_and_each_key_keeps_its_order()
    {
        var function = new BadFunction();
        var dead = new ConcurrentQueue<DeadLetter>();
        var flow = Of(function.WorkAsync) with { DeadLetters = (letter, _) => { dead.Enqueue(letter); return Task.CompletedTask; } };
        await flow.RunAsync(Parcels.Events(belts: 7, each: 100).ToAsyncEnumerable(), TestContext.Current.CancellationToken);

        var poison = Parcels.Events(7, 100).Where(e => BadFunction.IsPoison(e.Data)).Select(e => e.Id);
        Assert.Equal(poison.Order(), dead.Select(d => d.Id).Order());
        Assert.All(dead, d => Assert.Equal("The parcel weighs less than nothing.", d.Reason));
        Assert.All(dead, d => Assert.InRange(d.Attempts, 1, 24)); // once, and again only where it took too long

        // An attempt that was left behind may end after all: its repeat changes nothing.
        Assert.Equal(700 - dead.Count, function.Done.Distinct().Count());
        Parcels.AreInOrder(function.Done.Distinct());
    }

    [Fact]
    public async Task What_fails_every_time_or_takes_too_long_is_a_dead_letter_that_says_so()
    {
        var harness = new FlowHarness<Parcel>(Of(async (e, cancellationToken) =>
        {
            if (e.Data.Number == 1)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return e.Data.Number == 0 ? Result.Failed("The scales are busy.") : e.Data.Number == 2 ? throw new InvalidOperationException("The scales are gone.") : Result.Done;
        }) with
        { Attempts = 3, Parallelism = 1 });
        await harness.SendAsync(Enumerable.Range(0, 4).Select(n => Parcels.Event("b", n)));
        Assert.Equal(["The scales are busy.", "The function took longer than 0.1 s.", "The function failed: The scales are gone."], harness.DeadLetters.Select(d => d.Reason));
        Assert.All(harness.DeadLetters, d => Assert.Equal(3, d.Attempts));
        Assert.Equal(3, Assert.Single(harness.Done).Data.Number);
        Assert.Equal(10, harness.Attempts);
    }

    [Fact]
    public async Task A_repeat_and_what_the_filter_leaves_out_are_passed_over()
    {
        var harness = new FlowHarness<Parcel>(new Flow<Parcel>((_, _) => ValueTask.FromResult(Result.Done)) { Where = e => e.Data.Number < 5 });
        await harness.SendAsync([.. Parcels.Events(2, 10), .. Parcels.Events(2, 10)]);
        Assert.Equal(10, harness.Attempts);
    }

    [Fact]
    public async Task Dead_letters_wait_until_somebody_takes_them()
    {
        var refused = 0;
        var taken = new List<DeadLetter>();
        var flow = Of((_, _) => ValueTask.FromResult(Result.Rejected("No."))) with
        {
            DeadLetters = (letter, _) =>
            {
                if (++refused < 5)
                {
                    throw new IOException("The disk is full.");
                }

                taken.Add(letter);
                return Task.CompletedTask;
            },
        };
        await flow.RunAsync(new[] { Parcels.Event("b", 0) }.ToAsyncEnumerable(), TestContext.Current.CancellationToken);
        Assert.Equal("b-0", Assert.Single(taken).Id);
    }

    [Fact]
    public async Task Without_a_place_for_dead_letters_a_run_ends_with_the_reason()
    {
        var flow = Of((_, _) => ValueTask.FromResult(Result.Rejected("The parcel is torn.")));
        var error = await Assert.ThrowsAnyAsync<Exception>(() => flow.RunAsync(new[] { Parcels.Event("b", 0) }.ToAsyncEnumerable(), TestContext.Current.CancellationToken));
        Assert.Contains("The parcel is torn.", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_lets_what_is_in_work_end()
    {
        using var stop = new CancellationTokenSource();
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var done = 0;
        var flow = new Flow<Parcel>(async (_, _) =>
        {
            begun.TrySetResult();
            await go.Task;
            done++;
            return Result.Done;
        });
        var running = flow.RunAsync(Endless(stop.Token), stop.Token);
        await begun.Task;
        await stop.CancelAsync();
        go.SetResult();
        await running;
        Assert.Equal(1, done);

        static async IAsyncEnumerable<CloudEvent<Parcel>> Endless([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
        {
            yield return Parcels.Event("b", 0);
            await Task.Delay(Timeout.Infinite, token);
        }
    }

    [Fact]
    public async Task A_source_that_fails_lets_what_it_gave_end_and_says_why()
    {
        var (done, failed) = (0, new TaskCompletionSource());
        var flow = new Flow<Parcel>(async (_, _) =>
        {
            await failed.Task;
            done++;
            return Result.Done;
        });
        var error = await Assert.ThrowsAsync<IOException>(() => flow.RunAsync(Failing(), TestContext.Current.CancellationToken));
        Assert.Equal(("The belt stands still.", 2), (error.Message, done));

        async IAsyncEnumerable<CloudEvent<Parcel>> Failing()
        {
            await Task.Yield();
            yield return Parcels.Event("b", 0);
            yield return Parcels.Event("b", 1);
            failed.SetResult();
            throw new IOException("The belt stands still.");
        }
    }

    [Fact]
    public async Task A_key_that_waits_holds_up_no_other()
    {
        var (others, all) = (0, new TaskCompletionSource());
        var flow = new Flow<Parcel>(async (e, _) =>
        {
            if (e.Data.Belt == "slow")
            {
                await all.Task;
            }
            else if (Interlocked.Increment(ref others) == 30)
            {
                all.SetResult();
            }

            return Result.Done;
        })
        { Parallelism = 8 };
        var events = Enumerable.Range(0, 30).Select(n => Parcels.Event($"b{n}", 0));
        await flow.RunAsync(new[] { Parcels.Event("slow", 0) }.Concat(events).ToAsyncEnumerable(), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(30, others);
    }

    [Fact]
    public async Task Keys_that_fail_hold_up_no_others_and_are_dead_letters_with_their_reason()
    {
        const int Good = 5_000, Bad = 6;
        var (done, dead) = (new ConcurrentQueue<Parcel>(), new ConcurrentQueue<DeadLetter>());
        var flow = Of(async (e, _) =>
        {
            await Task.Yield();
            if (e.Data is { Number: 0, Belt: ['b', 'a', 'd', ..] })
            {
                // More of them than there are places to work, until all others are done.
                return done.Count(p => p.Belt.StartsWith('g')) < Good ? Result.Failed("The scales are busy.") : Result.Rejected("The parcel is torn.");
            }

            done.Enqueue(e.Data);
            return Result.Done;
        }) with
        { Attempts = int.MaxValue, TimeLimit = TimeSpan.FromMinutes(1), LongestRetry = TimeSpan.FromMilliseconds(500), DeadLetters = (letter, _) => { dead.Enqueue(letter); return Task.CompletedTask; } };
        var bad = Enumerable.Range(0, Bad).SelectMany(b => Enumerable.Range(0, 10).Select(n => Parcels.Event($"bad{b}", n)));
        var good = Enumerable.Range(0, Good).Select(n => Parcels.Event($"good{n % 50}", n / 50));
        await flow.RunAsync(bad.Concat(good).ToAsyncEnumerable(), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, Bad).Select(b => ($"bad{b}-0", "The parcel is torn.")), dead.Select(d => (d.Id, d.Reason)).Order());
        Assert.Equal(Good + (Bad * 9), done.Count);
        Parcels.AreInOrder(done);
    }

    [Fact]
    public async Task What_waits_behind_a_key_that_fails_is_bounded()
    {
        var (given, fails) = (0, true);
        var flow = Of((_, _) => ValueTask.FromResult(fails ? Result.Failed("The scales are busy.") : Result.Done)) with { Attempts = int.MaxValue, MostWaiting = 500 };
        var running = flow.RunAsync(Endless(), TestContext.Current.CancellationToken);
        await KafkaTests.UntilAsync(() => Volatile.Read(ref given) >= 500);
        Assert.False(running.IsCompleted);
        Assert.InRange(Volatile.Read(ref given), 500, 501);
        Volatile.Write(ref fails, false);
        await running;
        Assert.Equal(2_000, given);

        async IAsyncEnumerable<CloudEvent<Parcel>> Endless()
        {
            await Task.Yield();
            while (given < 2_000)
            {
                yield return Parcels.Event("b", Interlocked.Increment(ref given));
            }
        }
    }

    [Fact]
    public async Task What_waits_is_bounded_by_its_bytes_too()
    {
        const int Events = 200, Bytes = 100_000;
        var (given, done, go) = (0, 0, new TaskCompletionSource());
        var flow = new Flow<byte[]>(async (_, _) =>
        {
            await go.Task;
            Interlocked.Increment(ref done);
            return Result.Done;
        })
        { TimeLimit = TimeSpan.FromHours(1), MostWaitingBytes = 10 * Bytes };
        var running = flow.RunAsync(Large(), TestContext.Current.CancellationToken);
        await KafkaTests.UntilAsync(() => Volatile.Read(ref given) >= 10);
        Assert.InRange(Volatile.Read(ref given), 10, 11);
        go.SetResult();
        await running;
        Assert.Equal((Events, Events), (given, done));

        async IAsyncEnumerable<CloudEvent<byte[]>> Large()
        {
            await Task.Yield();
            while (given < Events)
            {
                yield return new CloudEvent<byte[]> { Id = $"{Interlocked.Increment(ref given)}", Source = "/belts", Type = "picture", Data = new byte[Bytes] };
            }
        }
    }

    [Fact]
    public async Task When_partitions_move_only_what_is_in_work_on_them_is_cancelled()
    {
        // Of the two on a partition that moves, whichever is cancelled first lets the other end, and waits until both places have begun one that stays.
        var go = new TaskCompletionSource();
        var mayEnd = new Dictionary<string, TaskCompletionSource> { ["a"] = new(TaskCreationOptions.RunContinuationsAsynchronously), ["b"] = new(TaskCreationOptions.RunContinuationsAsynchronously) };
        var (begun, staying) = (0, 0);
        var flow = new Flow<Parcel>(async (e, cancellationToken) =>
        {
            if (e.Data.Belt.StartsWith("stays", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref staying);
                await go.Task.WaitAsync(cancellationToken);
                return Result.Done;
            }

            using var cancelled = cancellationToken.Register(() =>
            {
                mayEnd.Single(m => m.Key != e.Data.Belt).Value.TrySetResult();
                SpinWait.SpinUntil(() => Volatile.Read(ref staying) >= 2, TimeSpan.FromSeconds(30));
            });
            Interlocked.Increment(ref begun);
            await mayEnd[e.Data.Belt].Task;
            return Result.Done;
        })
        { Parallelism = 2, Drain = TimeSpan.Zero, TimeLimit = TimeSpan.FromHours(1) };
        using var lanes = new Lanes<Parcel>(flow, null, 100, null, TestContext.Current.CancellationToken);
        var partition = new PartitionInWork(_ => { });
        var place = partition.Take(new Confluent.Kafka.ConsumeResult<byte[]?, byte[]?> { Offset = 0 });
        partition.Take(new Confluent.Kafka.ConsumeResult<byte[]?, byte[]?> { Offset = 1 });
        partition.EndStretch();
        lanes.Add(new Arrival<Parcel>("a", Parcels.Event("a", 0), 0, null, place), new Arrival<Parcel>("b", Parcels.Event("b", 0), 0, null, place), new Arrival<Parcel>("c", Parcels.Event("stays", 0), 0), new Arrival<Parcel>("d", Parcels.Event("stays", 1), 0));
        await KafkaTests.UntilAsync(() => Volatile.Read(ref begun) == 2);
        partition.Leave();
        await lanes.LetGoAsync();
        await KafkaTests.UntilAsync(() => Volatile.Read(ref staying) >= 2);
        go.SetResult();
        await lanes.FinishAsync();
        Assert.Equal(2, staying);
    }

    [Fact]
    public async Task A_flow_that_cannot_remember_what_is_done_ends_and_says_why_though_its_source_says_nothing()
    {
        var flow = Of((_, _) => ValueTask.FromResult(Result.Done)) with { Seen = new FullDisk() };
        var error = await Assert.ThrowsAsync<IOException>(() => flow.RunAsync(Silent(), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.Equal("No space left on device", error.Message);

        static async IAsyncEnumerable<CloudEvent<Parcel>> Silent()
        {
            yield return Parcels.Event("b", 0);
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_filter_that_fails_makes_a_dead_letter()
    {
        var harness = new FlowHarness<Parcel>(Of((_, _) => ValueTask.FromResult(Result.Done)) with { Attempts = 2, Where = e => e.Data.Number == 0 ? throw new InvalidOperationException("The filter is torn.") : true });
        await harness.SendAsync(Enumerable.Range(0, 3).Select(n => Parcels.Event("b", n))).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Contains("The filter is torn.", Assert.Single(harness.DeadLetters).Reason, StringComparison.Ordinal);
        Assert.Equal(2, harness.Done.Count);
    }

    [Fact]
    public async Task A_function_works_within_the_trace_of_who_made_the_event()
    {
        using var listener = new ActivityListener { ShouldListenTo = s => s.Name == "SmartCity.Bricks", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData };
        ActivitySource.AddActivityListener(listener);
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        string? seen = null;
        var harness = new FlowHarness<Parcel>(new Flow<Parcel>((_, _) =>
        {
            seen = Activity.Current?.TraceId.ToString();
            return ValueTask.FromResult(Result.Done);
        }));
        await harness.SendAsync([Parcels.Event("b", 0) with { TraceParent = $"00-{Trace}-b7ad6b7169203331-01" }]);
        Assert.Equal(Trace, seen);
    }

    private sealed class FullDisk : ISeenEvents
    {
        public bool Has(string source, string id) => false;

        public void Add(string source, string id) => throw new IOException("No space left on device");
    }
}
