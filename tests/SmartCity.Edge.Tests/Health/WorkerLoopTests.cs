using Microsoft.Extensions.Time.Testing;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Tests.Health;

/// <summary>Loops that stand side by side: what ends one is seen, and the others never notice.</summary>
public sealed class WorkerLoopTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _log = new();

    [Fact]
    public async Task A_loop_that_fails_is_started_again_and_the_one_beside_it_goes_on()
    {
        var health = new WorkerHealth(_time);
        using var stop = new CancellationTokenSource();
        var (starts, beside) = (0, 0);
        var bad = health.KeepAsync("bad", token => ++starts < 3 ? throw new InvalidDataException("the card is broken") : EndlessAsync(() => health.Healthy("bad"), token), _log, stop.Token);
        var good = health.KeepAsync("good", token => EndlessAsync(() => (beside, _) = (beside + 1, 0), token), _log, stop.Token);

        await Eventually.IsTrue(() => State(health, "bad") is { State: WorkerState.Degraded, Detail: { } detail } && detail.Contains("the card is broken", StringComparison.Ordinal), "the fault is the worker's state");
        await Eventually.IsTrue(() => _log.Lines.Any(l => l.Text.Contains("The worker bad failed", StringComparison.Ordinal)), "it is logged");
        await Until(() => State(health, "bad")?.State == WorkerState.Healthy, "it does its work again");

        Assert.Equal(3, starts);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bad);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => good);
        Assert.Equal(1, beside);
    }

    [Fact]
    public async Task A_loop_that_breaks_because_the_process_stops_is_no_fault()
    {
        var health = new WorkerHealth(_time);
        using var stop = new CancellationTokenSource();
        var loop = health.KeepAsync(
            "breaks",
            async token =>
            {
                health.Healthy("breaks");
                await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new IOException("the other end has gone");
            },
            _log,
            stop.Token);
        await Eventually.IsTrue(() => State(health, "breaks")?.State == WorkerState.Healthy, "it works");

        await stop.CancelAsync();
        await loop;

        Assert.DoesNotContain(_log.Lines, l => l.Text.Contains("starts again", StringComparison.Ordinal));
        Assert.Equal(WorkerState.Healthy, State(health, "breaks")?.State);
    }

    [Fact]
    public async Task A_loop_that_blocks_its_thread_holds_up_no_other()
    {
        var health = new WorkerHealth(_time);
        using var stop = new CancellationTokenSource();
        var blocks = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var blocking = health.KeepAsync(
            "blocking",
            token =>
            {
                blocks.SetResult();
                token.WaitHandle.WaitOne();
                return Task.CompletedTask;
            },
            _log,
            stop.Token);
        await blocks.Task;
        var reached = false;
        await health.KeepAsync("other", _ => Task.FromResult(reached = true), _log, stop.Token);

        Assert.True(reached);
        await stop.CancelAsync();
        await blocking;
    }

    private static WorkerReport? State(WorkerHealth health, string worker) => health.Reports.FirstOrDefault(r => r.Name == worker);

    private static async Task EndlessAsync(Action work, CancellationToken cancellationToken)
    {
        work();
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    private Task Until(Func<bool> condition, string what) => Eventually.IsTrue(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            return condition();
        },
        what);
}
