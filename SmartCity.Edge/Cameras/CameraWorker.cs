using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Recognition;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// Every camera of the stations served: one task reads its source, again and again when it breaks; one takes its frames to sightings.
/// Between them wait a few frames; a live camera's oldest is dropped for a new one and counted.
/// </summary>
internal sealed class CameraWorker(
    ServedStations stations,
    CameraSources sources,
    CameraBoard board,
    PlateRecogniser recogniser,
    SightingPublisher publisher,
    NewestPictures pictures,
    IOptions<EdgeOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<CameraWorker> logger) : BackgroundService
{
    public const string Worker = "cameras";
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var turns = new SemaphoreSlim(options.Value.RecognitionThreads);
        health.Healthy(Worker);
        await Task.WhenAll(stations.All.SelectMany(s => s.Cameras.Select(c => RunAsync(s, c, turns, stoppingToken))));
    }

    private async Task RunAsync(Station station, Camera camera, SemaphoreSlim turns, CancellationToken stoppingToken)
    {
        var statistics = board[camera.Id];
        var source = sources.Of(camera);
        var frames = Channel.CreateBounded<Frame>(
            new BoundedChannelOptions(options.Value.FramesWaiting) { FullMode = source.Waits ? BoundedChannelFullMode.Wait : BoundedChannelFullMode.DropOldest, SingleReader = true },
            dropped =>
            {
                dropped.Dispose();
                statistics.FrameDropped();
            });
        await Task.WhenAll(
            Task.Run(() => CaptureAsync(station, camera, source, frames.Writer, statistics, stoppingToken), stoppingToken),
            Task.Run(() => RecogniseAsync(station, camera, source, frames.Reader, statistics, turns, stoppingToken), stoppingToken));
    }

    private async Task CaptureAsync(Station station, Camera camera, ICameraSource source, ChannelWriter<Frame> frames, CameraStatistics statistics, CancellationToken stoppingToken)
    {
        try
        {
            await Reconnect(camera, statistics).ExecuteAsync(
                async token =>
                {
                    statistics.Is(CameraState.Connecting);
                    await foreach (var frame in source.ReadAsync(token))
                    {
                        statistics.Is(CameraState.Streaming);
                        statistics.FrameCaptured();
                        PrivacyMasks.Apply(camera, frame.Image);
                        pictures.Offer(station.Id, camera.Id, frame);
                        await frames.WriteAsync(frame, token);
                    }
                },
                stoppingToken);
            statistics.Is(CameraState.Ended);
        }
        finally
        {
            frames.TryComplete();
        }
    }

    private async Task RecogniseAsync(Station station, Camera camera, ICameraSource source, ChannelReader<Frame> frames, CameraStatistics statistics, SemaphoreSlim turns, CancellationToken stoppingToken)
    {
        using var pipeline = new CameraPipeline(station, camera, recogniser, publisher, statistics, logger);
        Task<bool>? waiting = null;
        var taken = time.GetTimestamp();
        while (true)
        {
            try
            {
                waiting ??= frames.WaitToReadAsync(stoppingToken).AsTask();
                if (!await waiting.WaitAsync(Quiet, time, stoppingToken))
                {
                    break;
                }

                waiting = null;
            }
            catch (TimeoutException)
            {
                // A file that is read slowly is not a street on which nothing moves.
                if (!source.Waits)
                {
                    await pipeline.ExpireAsync(time.GetElapsedTime(taken), stoppingToken);
                }

                continue;
            }

            while (frames.TryRead(out var frame))
            {
                taken = time.GetTimestamp();
                await turns.WaitAsync(stoppingToken);
                try
                {
                    await pipeline.TakeAsync(frame, stoppingToken);
                }
                catch (IOException e)
                {
                    health.Degraded(Worker, $"Sightings cannot be kept: {e.Message}");
                    logger.LogCritical(e, "Camera {Camera}: a sighting could not be kept.", camera.Id);
                }
                finally
                {
                    turns.Release();
                }
            }
        }

        await pipeline.EndAsync(stoppingToken);
        statistics.Finished();
    }

    private ResiliencePipeline Reconnect(Camera camera, CameraStatistics statistics) => new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = new PredicateBuilder().Handle<CameraLostException>(),
        MaxRetryAttempts = int.MaxValue,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = TimeSpan.FromMilliseconds(500),
        MaxDelay = TimeSpan.FromSeconds(30),
        OnRetry = attempt =>
        {
            statistics.Is(CameraState.Lost, attempt.Outcome.Exception?.Message);
            logger.LogWarning("Camera {Camera} is lost (attempt {Attempt}): {Error}", camera.Id, attempt.AttemptNumber + 1, attempt.Outcome.Exception?.Message);
            return ValueTask.CompletedTask;
        },
    }).Build();
}
