using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Faces;
using SmartCity.Edge.Hotlist;
using SmartCity.Edge.Publishing;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// Every camera of the stations served: one task reads its source, again and again when it breaks; one takes its frames to sightings.
/// Between them wait a few frames; a live camera's oldest is dropped for a new one and counted. When the core names other cameras, those that are
/// new start, those that are gone end with what they have in hand, and the others never notice.
/// </summary>
internal sealed class CameraWorker(
    ServedStations stations,
    CameraSources sources,
    CameraBoard board,
    PlateRecogniser recogniser,
    HotlistWatch hotlist,
    SightingPublisher publisher,
    NewestPictures pictures,
    BystanderBlur bystanders,
    FaceWatch faces,
    StationClock clock,
    IOptions<EdgeOptions> options,
    IOptions<ConfigurationOptions> core,
    IOptions<EvidenceOptions> evidence,
    WorkerHealth health,
    TimeProvider time,
    ILogger<CameraWorker> logger) : BackgroundService
{
    private const string Worker = "cameras";
    private static readonly TimeSpan FirstReconnect = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestReconnect = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstRestart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRestart = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    // A little less than a second, so that each second has one.
    private static readonly TimeSpan WatchedPictures = TimeSpan.FromMilliseconds(800);

    private readonly long _started = time.GetTimestamp();

    private TimeSpan Now => time.GetElapsedTime(_started);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var turns = new SemaphoreSlim(options.Value.RecognitionThreads);
        var running = new Dictionary<string, RunningCamera>(StringComparer.Ordinal);
        health.Healthy(Worker);
        try
        {
            while (true)
            {
                var changed = stations.Changed.WaitAsync(stoppingToken);
                await StopAsync(running);
                foreach (var station in stations.All)
                {
                    foreach (var camera in station.Cameras.Where(c => !running.ContainsKey(c.Id)))
                    {
                        var capture = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                        running[camera.Id] = new RunningCamera(station.Id, camera, capture, RunAsync(station, camera, turns, capture.Token, stoppingToken));
                    }
                }

                if (await EndedAsync(running, changed))
                {
                    return;
                }
            }
        }
        finally
        {
            // Whatever ended the worker is told by it; the cameras end first.
            await Task.WhenAll(running.Values.Select(r => r.Running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var camera in running.Values)
            {
                camera.Capture.Dispose();
            }
        }
    }

    // Those that are set up otherwise now, or not at all.
    private async Task StopAsync(Dictionary<string, RunningCamera> running)
    {
        var wanted = stations.All.SelectMany(s => s.Cameras.Select(c => (Station: s.Id, Camera: c))).ToDictionary(c => c.Camera.Id, StringComparer.Ordinal);
        var over = running.Values.Where(r => !wanted.TryGetValue(r.Camera.Id, out var now) || now.Station != r.StationId || !ServedStations.Same(now.Camera, r.Camera)).ToList();
        await Task.WhenAll(over.Select(r => r.Capture.CancelAsync()));
        foreach (var camera in over)
        {
            await camera.Running;
            camera.Capture.Dispose();
            running.Remove(camera.Camera.Id);
            if (!wanted.ContainsKey(camera.Camera.Id))
            {
                board.Remove(camera.Camera.Id);
            }

            logger.LogInformation("Camera {Camera} {What}.", camera.Camera.Id, wanted.ContainsKey(camera.Camera.Id) ? "has changed and is started again" : "was removed and stops");
        }
    }

    // True when every camera has come to its end and nobody can name others. A camera that fails is the worker's failure.
    private async Task<bool> EndedAsync(Dictionary<string, RunningCamera> running, Task changed)
    {
        while (!changed.IsCompleted)
        {
            var going = running.Values.Select(r => r.Running).Where(t => !t.IsCompletedSuccessfully).ToList();
            if (going.Count == 0 && core.Value.Address is null)
            {
                return true;
            }

            await await Task.WhenAny([changed, .. going]);
        }

        await changed;
        return false;
    }

    private async Task RunAsync(Station station, Camera camera, SemaphoreSlim turns, CancellationToken capture, CancellationToken stoppingToken)
    {
        var statistics = board.Start(station.Id, camera.Id);
        statistics.Is(CameraState.Connecting, UploadSource.IsUpload(camera.Source) && options.Value.UploadKey is null ? UploadSource.NoKey : null);
        ICameraSource source;
        try
        {
            source = sources.Of(camera);
        }
        catch (InvalidDataException e) when (core.Value.Address is not null)
        {
            // A mistake in the console must not stop the other cameras.
            statistics.Is(CameraState.Lost, e.Message);
            logger.LogError("Camera {Camera} cannot run: {Error}", camera.Id, e.Message);
            return;
        }

        var frames = Channel.CreateBounded<Frame>(
            new BoundedChannelOptions(options.Value.FramesWaiting) { FullMode = source.DropsOldest ? BoundedChannelFullMode.DropOldest : BoundedChannelFullMode.Wait, SingleReader = true },
            dropped =>
            {
                dropped.Dispose();
                dropped.Outcome?.TrySetResult(false);
                statistics.FrameDropped();
            });
        await Task.WhenAll(
            Task.Run(() => CaptureAsync(station, camera, source, frames.Writer, statistics, capture, stoppingToken), stoppingToken),
            Task.Run(() => camera.Trial ? LookAsync(frames.Reader, stoppingToken) : RecogniseAsync(station, camera, source, frames.Reader, statistics, turns, stoppingToken), stoppingToken));
    }

    private async Task CaptureAsync(Station station, Camera camera, ICameraSource source, ChannelWriter<Frame> frames, CameraStatistics statistics, CancellationToken capture, CancellationToken stoppingToken)
    {
        try
        {
            for (var failed = 1; ; failed++)
            {
                var before = statistics.Frames;
                try
                {
                    await ReadAsync(station, camera, source, frames, statistics, capture);
                    statistics.Is(CameraState.Ended);
                    return;
                }
                catch (Exception e) when (!capture.IsCancellationRequested)
                {
                    // Whatever it is: a camera that gave pictures is asked again as soon as at the first time.
                    failed = statistics.Frames > before ? 1 : failed;
                    statistics.Is(CameraState.Lost, e.Message);
                    logger.LogWarning(e is CameraLostException ? null : e, "Camera {Camera} sends no pictures, and the edge tries to reconnect (attempt {Attempt}): {Error}", camera.Id, failed, e.Message);
                    await Task.Delay(Backoff.After(failed, FirstReconnect, LongestReconnect), time, capture);
                }
            }
        }
        catch (OperationCanceledException) when (capture.IsCancellationRequested && !stoppingToken.IsCancellationRequested)
        {
            statistics.Is(CameraState.Ended);
        }
        finally
        {
            frames.TryComplete();
            faces.Ended(camera.Id);
        }
    }

    private async Task ReadAsync(Station station, Camera camera, ICameraSource source, ChannelWriter<Frame> frames, CameraStatistics statistics, CancellationToken capture)
    {
        // Why it was lost is told until a frame has come.
        statistics.Is(CameraState.Connecting, statistics.Error);
        await foreach (var frame in source.ReadAsync(capture))
        {
            statistics.Is(CameraState.Streaming);
            statistics.FrameCaptured();
            frame.Moment = source.Waits ? frame.Moment : Now;
            PrivacyMasks.Apply(camera, frame);
            pictures.Offer(station.Id, camera.Id, frame, camera.Trial || stations.Watched.Contains(camera.Id) ? WatchedPictures : null);
            if (!camera.Trial)
            {
                await faces.OfferAsync(camera.Id, frame, source.Waits, capture);
            }

            await WriteAsync(frames, frame, capture);
        }
    }

    private static async ValueTask WriteAsync(ChannelWriter<Frame> frames, Frame frame, CancellationToken cancellationToken)
    {
        try
        {
            await frames.WriteAsync(frame, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            frame.Dispose();
            throw;
        }
    }

    // A camera on trial is looked at, not read.
    private static async Task LookAsync(ChannelReader<Frame> frames, CancellationToken stoppingToken)
    {
        await foreach (var frame in frames.ReadAllAsync(stoppingToken))
        {
            frame.Dispose();
            frame.Outcome?.TrySetResult(false);
        }
    }

    // Whatever goes wrong with one camera's frames is its state and nobody else's: what it follows is reported, and it begins anew.
    private async Task RecogniseAsync(Station station, Camera camera, ICameraSource source, ChannelReader<Frame> frames, CameraStatistics statistics, SemaphoreSlim turns, CancellationToken stoppingToken)
    {
        for (var failed = 1; ; failed++)
        {
            using var pipeline = new CameraPipeline(station, camera, recogniser, statistics, clock, bystanders, new FrameStrips(evidence.Value, bystanders));
            try
            {
                await RecogniseAsync(pipeline, camera, source, frames, statistics, turns, stoppingToken);
                await PublishAsync(camera, pipeline.End(), statistics, stoppingToken);
                await KeepStripsAsync(camera, pipeline, stoppingToken);
                statistics.Finished();
                return;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                failed = pipeline.Taken > 0 ? 1 : failed;
                statistics.Fails($"Its frames cannot be read: {e.Message}");
                logger.LogError(e, "Camera {Camera}: its frames cannot be read (attempt {Attempt}); its recognition starts again.", camera.Id, failed);
                await RescueAsync(pipeline, camera, statistics, stoppingToken);
                await Task.Delay(Backoff.After(failed, FirstRestart, LongestRestart), time, stoppingToken);
            }
        }
    }

    private async Task RecogniseAsync(CameraPipeline pipeline, Camera camera, ICameraSource source, ChannelReader<Frame> frames, CameraStatistics statistics, SemaphoreSlim turns, CancellationToken stoppingToken)
    {
        Task<bool>? waiting = null;
        while (true)
        {
            try
            {
                waiting ??= frames.WaitToReadAsync(stoppingToken).AsTask();
                if (!await waiting.WaitAsync(Quiet, time, stoppingToken))
                {
                    return;
                }

                waiting = null;
            }
            catch (TimeoutException)
            {
                // A file that is read slowly is not a street on which nothing moves.
                if (!source.Waits)
                {
                    await PublishAsync(camera, pipeline.Expire(Now), statistics, stoppingToken);
                }

                continue;
            }

            while (frames.TryRead(out var frame))
            {
                var kept = false;
                try
                {
                    var vehicles = await TakeAsync(pipeline, frame, turns, stoppingToken);
                    statistics.Fails(null);
                    kept = await PublishAsync(camera, vehicles, statistics, stoppingToken);
                    await KeepStripsAsync(camera, pipeline, stoppingToken);
                }
                finally
                {
                    frame.Outcome?.TrySetResult(kept);
                }
            }
        }
    }

    // A turn is for recognition alone: a slow disk holds up no other camera.
    private static async Task<List<ObservedVehicle>> TakeAsync(CameraPipeline pipeline, Frame frame, SemaphoreSlim turns, CancellationToken stoppingToken)
    {
        using (frame)
        {
            await turns.WaitAsync(stoppingToken);
            try
            {
                return pipeline.Take(frame);
            }
            finally
            {
                turns.Release();
            }
        }
    }

    // Whether all of them are kept.
    private async Task<bool> PublishAsync(Camera camera, List<ObservedVehicle> vehicles, CameraStatistics statistics, CancellationToken stoppingToken)
    {
        var kept = true;
        foreach (var vehicle in vehicles)
        {
            // First: a disk that is full holds up the spool. Of the same plate it has told already.
            var wanted = vehicle.Corrects?.Plate != vehicle.Sighting.Plate && hotlist.See(vehicle);
            try
            {
                await publisher.PublishAsync(vehicle with { IsWanted = wanted }, stoppingToken);
                if (vehicle.Corrects is null)
                {
                    statistics.Sighted(vehicle.Sighting.Plate is not null);
                }

                logger.LogDebug("Camera {Camera} saw {Plate} ({Confidence}).", camera.Id, Masking.Plate(vehicle.Sighting.Plate), vehicle.Sighting.Confidence);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                health.Degraded(Worker, $"A sighting of camera {camera.Id} could not be written to the spool: {e.Message}");
                logger.LogCritical(e, "Camera {Camera}: sighting {Sighting} could not be written to the spool.", camera.Id, vehicle.Sighting.Id);
                kept = false;
            }
        }

        return kept;
    }

    // They are worth less than a sighting: what cannot be kept is left out.
    private async Task KeepStripsAsync(Camera camera, CameraPipeline pipeline, CancellationToken stoppingToken)
    {
        foreach (var strip in pipeline.Strips())
        {
            try
            {
                await publisher.KeepStripAsync(strip, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(e, "Camera {Camera}: the frames before and after a sighting could not be kept.", camera.Id);
            }
        }
    }

    private async Task RescueAsync(CameraPipeline pipeline, Camera camera, CameraStatistics statistics, CancellationToken stoppingToken)
    {
        try
        {
            await PublishAsync(camera, pipeline.End(), statistics, stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            logger.LogCritical(e, "Camera {Camera}: the vehicles that it followed could not be reported.", camera.Id);
        }
    }

    private sealed record RunningCamera(string StationId, Camera Camera, CancellationTokenSource Capture, Task Running);
}
