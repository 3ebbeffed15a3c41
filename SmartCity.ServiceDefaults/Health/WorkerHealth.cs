using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace SmartCity.ServiceDefaults.Health;

/// <summary>Where every background worker reports its state. One check named <c>workers</c> reads it for <c>/health/ready</c>.</summary>
public sealed class WorkerHealth(TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, WorkerReport> _reports = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, TimeSpan> _longestSilence = new(StringComparer.Ordinal);

    /// <summary>All workers, by name.</summary>
    public IReadOnlyCollection<WorkerReport> Reports => _reports.Values.Select(Heard).OrderBy(r => r.Name, StringComparer.Ordinal).ToArray();

    /// <summary>A worker that says nothing for longer than this has failed: its loop hangs or has ended.</summary>
    public void Expect(string worker, TimeSpan longestSilence) => _longestSilence[worker] = longestSilence;

    /// <summary>The worker has not done its work yet, so the process is not ready. Call it in <c>StartAsync</c>, before anybody can ask whether the process is ready.</summary>
    public void Starting(string worker, string? detail = null) => Report(worker, WorkerState.Starting, detail);

    /// <summary>The worker did a unit of its work, or had none to do.</summary>
    public void Healthy(string worker, string? detail = null) => Report(worker, WorkerState.Healthy, detail);

    /// <summary>The worker goes on trying; the detail says in plain English what fails. The process is still ready, and the Ops page shows the detail.</summary>
    public void Degraded(string worker, string detail) => Report(worker, WorkerState.Degraded, detail);

    /// <summary>The worker cannot do its work, so the process is not ready.</summary>
    public void Failed(string worker, string detail) => Report(worker, WorkerState.Failed, detail);

    /// <summary>
    /// Keeps a worker's loop running. Whatever it throws is logged, is the worker's state until it does its work again, and costs nobody else
    /// anything: after a pause the loop is made anew. Returns when the loop has come to its end by itself, or fails because the process stops.
    /// </summary>
    /// <exception cref="OperationCanceledException">The process stops.</exception>
    public async Task KeepAsync(string worker, Func<CancellationToken, Task> loop, ILogger logger, CancellationToken stoppingToken)
    {
        for (var failed = 1; ; failed++)
        {
            var started = time.GetTimestamp();
            try
            {
                // On a thread of its own: one that blocks holds up no other.
                await Task.Run(() => loop(stoppingToken), stoppingToken);
                return;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                failed = time.GetElapsedTime(started) > LongestPause ? 1 : failed;
                var pause = Backoff.After(failed, FirstPause, LongestPause);
                Degraded(worker, $"It failed and starts again: {e.Message}");
                logger.LogError(e, "The worker {Worker} failed and starts again in {Pause:0.0} s.", worker, pause.TotalSeconds);
                await Task.Delay(pause, time, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // What it works with stops beside it.
                logger.LogDebug(e, "The worker {Worker} failed while the process stops.", worker);
                return;
            }
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var bad = Reports.Where(r => r.State != WorkerState.Healthy).ToArray();
        var data = Reports.ToDictionary(r => r.Name, r => (object)$"{r.State}: {r.Detail}");
        var status = bad.Length == 0 ? HealthStatus.Healthy : Array.TrueForAll(bad, r => r.State == WorkerState.Degraded) ? HealthStatus.Degraded : HealthStatus.Unhealthy;
        return Task.FromResult(new HealthCheckResult(status, string.Join("; ", bad.Select(r => $"{r.Name} {r.State}: {r.Detail}")), data: data));
    }

    private WorkerReport Heard(WorkerReport report) =>
        _longestSilence.TryGetValue(report.Name, out var longest) && time.GetUtcNow() - report.At is var silent && silent > longest
            ? report with { State = WorkerState.Failed, Detail = $"It has said nothing for {silent.TotalSeconds:0} s: it hangs or has ended. The last it said: {report.Detail ?? report.State.ToString()}" }
            : report;

    private void Report(string worker, WorkerState state, string? detail)
    {
        var now = time.GetUtcNow();
        _reports.AddOrUpdate(
            worker,
            _ => new WorkerReport(worker, state, detail, now, state == WorkerState.Healthy ? now : null),
            (_, old) => new WorkerReport(worker, state, detail, now, state == WorkerState.Healthy ? now : old.LastSuccess));
    }
}

public enum WorkerState
{
    Starting,
    Healthy,
    Degraded,
    Failed,
}

public sealed record WorkerReport(string Name, WorkerState State, string? Detail, DateTimeOffset At, DateTimeOffset? LastSuccess);
