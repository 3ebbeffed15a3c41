using System.Collections.Concurrent;
using Confluent.Kafka;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Tests.Sightings;

public sealed class IngestLanesTests
{
    private const int Records = 40;
    private const int Most = 5;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(3);

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_station_whose_batch_waits_holds_up_no_other_and_every_station_keeps_its_order()
    {
        var lanes = new IngestLanes(2, Most, _time);
        var (stored, blocked, others, ended) = (new ConcurrentQueue<(string Topic, long Offset)>(), new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = lanes.RunAsync(
            Feed([.. Interleaved("a", "b")]),
            _ => async (batch, token) =>
            {
                Assert.InRange(batch.Count, 1, Most);
                if (batch[0].Topic == "a")
                {
                    await blocked.Task.WaitAsync(token);
                }

                batch.ForEach(r => stored.Enqueue((r.Topic, r.Offset.Value)));
                (stored.Count(s => s.Topic == "b") >= Most ? others : null)?.TrySetResult();
                (stored.Count == 2 * Records ? ended : null)?.TrySetResult();
            },
            stop.Token);

        await others.Task.WaitAsync(Token);
        Assert.DoesNotContain(stored, s => s.Topic == "a");
        blocked.SetResult();
        await ended.Task.WaitAsync(Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        foreach (var topic in stored.GroupBy(s => s.Topic))
        {
            Assert.Equal(Enumerable.Range(0, Records).Select(i => (long)i), topic.Select(s => s.Offset));
        }
    }

    [Fact]
    public async Task What_fails_in_one_lane_ends_all_and_nothing_is_in_work_afterwards()
    {
        var lanes = new IngestLanes(2, Most, _time);
        var (begun, inWork) = (new TaskCompletionSource(), 0);
        var fault = await Assert.ThrowsAsync<IOException>(() => lanes.RunAsync(
            Feed([.. Interleaved("a", "b")]),
            _ => async (batch, token) =>
            {
                if (batch[0].Topic == "a")
                {
                    await begun.Task;
                    throw new IOException("No more.");
                }

                Interlocked.Increment(ref inWork);
                begun.TrySetResult();
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, token);
                }
                finally
                {
                    Interlocked.Decrement(ref inWork);
                }
            },
            Token));

        Assert.Equal(("No more.", 0), (fault.Message, inWork));
    }

    [Fact]
    public async Task A_lane_that_tries_again_or_has_had_its_batch_for_too_long_does_not_get_on()
    {
        var lanes = new IngestLanes(2, Most, _time);
        var (begun, goOn) = (new TaskCompletionSource<IngestLanes.Lane>(), new TaskCompletionSource());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = lanes.RunAsync(
            Feed([Record("a", 0)]),
            lane => async (_, token) =>
            {
                begun.SetResult(lane);
                await goOn.Task.WaitAsync(token);
            },
            stop.Token);

        var lane = await begun.Task.WaitAsync(Token);
        Assert.True(lanes.GetOn(Long));
        lane.IsFailing = true;
        Assert.False(lanes.GetOn(Long));
        lane.IsFailing = false;
        _time.Advance(2 * Long);
        Assert.False(lanes.GetOn(Long));
        lane.IsFailing = true;
        goOn.SetResult();
        await Hosting.CoreHost.UntilAsync(() => Task.FromResult(lanes.GetOn(Long)), "the lane gets on, whatever its last batch had to go through");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static IEnumerable<ConsumeResult<byte[]?, byte[]?>> Interleaved(params string[] topics) =>
        Enumerable.Range(0, Records).SelectMany(i => topics.Select(t => Record(t, i)));

    private static ConsumeResult<byte[]?, byte[]?> Record(string topic, long offset) =>
        new() { Topic = topic, Partition = 0, Offset = offset, Message = new Message<byte[]?, byte[]?>() };

    // Some records at a time, then none.
    private static Func<CancellationToken, Task<List<ConsumeResult<byte[]?, byte[]?>>>> Feed(List<ConsumeResult<byte[]?, byte[]?>> records)
    {
        var at = 0;
        return async token =>
        {
            if (at == records.Count)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }

            var some = records.Skip(at).Take(7).ToList();
            at += some.Count;
            return some;
        };
    }
}
