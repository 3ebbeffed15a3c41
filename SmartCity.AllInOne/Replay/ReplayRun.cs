using System.Diagnostics;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Database;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Publishing;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Replay;

/// <summary>Runs the whole system until every frame of one station's files is settled: read, spooled, carried, stored, archived.</summary>
internal sealed class ReplayRun(WebApplication app, Station station, FrameTimes frames) : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly KafkaProgress _kafka = new(app.Configuration, station.Id);

    /// <exception cref="InvalidOperationException">A file could not be opened, or a worker failed.</exception>
    public async Task<ReplaySummary> RunAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var since = TimeProvider.System.GetUtcNow();
        var services = app.Services;
        AllInOneHost.CheckSettings(app);
        await app.StartAsync(cancellationToken);
        await services.GetRequiredService<DatabaseStartup>().Ready.WaitAsync(cancellationToken);
        await SettleAsync(cancellationToken);

        // What the archive holds back it writes when it is asked to stop.
        await app.StopAsync(cancellationToken);
        var cameras = Cameras();
        var results = new ReplayResults(services, frames);
        return await results.SummariseAsync(since, cameras.Sum(c => c.Frames), cameras.Sum(c => c.Sightings), cameras.Sum(c => c.Unread), clock.Elapsed, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _kafka.Dispose();
        return ValueTask.CompletedTask;
    }

    private List<CameraStatistics> Cameras() => [.. app.Services.GetRequiredService<CameraBoard>().Of(station.Id)];

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var publisher = app.Services.GetRequiredService<SightingPublisher>();
        var health = app.Services.GetRequiredService<WorkerHealth>();
        while (true)
        {
            var cameras = Cameras();
            if (cameras.Find(c => c.State == CameraState.Lost) is { } lost)
            {
                throw new InvalidOperationException(lost.Error ?? $"Camera {lost.CameraId} is lost.");
            }

            if (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                throw new InvalidOperationException(health.Reports.FirstOrDefault(r => r.State == WorkerState.Failed) is { } failed ? $"{failed.Name} failed: {failed.Detail}" : "The replay was stopped.");
            }

            Show(cameras, publisher.TotalWaiting);
            if (cameras.TrueForAll(c => c.IsFinished) && publisher.TotalWaiting == 0 && await Task.Run(_kafka.IsSettled, cancellationToken))
            {
                break;
            }

            await Task.Delay(Poll, TimeProvider.System, cancellationToken);
        }

        if (!Console.IsErrorRedirected)
        {
            await Console.Error.WriteLineAsync();
        }
    }

    private static void Show(List<CameraStatistics> cameras, long waiting)
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write($"\r{cameras.Sum(c => c.Frames)} frames, {cameras.Sum(c => c.Sightings)} sightings, {waiting} in the spool ");
        }
    }
}
