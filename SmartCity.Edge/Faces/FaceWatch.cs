using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Edge.Cameras;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Faces;

/// <summary>
/// Takes the frames of cameras at which faces are looked for, beside the plates and never in their way: a fault is the watch's own, shown in its station's
/// heartbeat, and begins anew after a pause. Without an order for its camera a frame is not touched.
/// </summary>
internal sealed class FaceWatch : BackgroundService
{
    private const int Waiting = 2;

    // Longer than a camera's frames wait for their turn.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    // An order may end while another one of its camera goes on and no frame comes.
    private static readonly TimeSpan LookAtOrders = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Watched> _cameras = new(StringComparer.Ordinal);
    private readonly FaceOrderBook _orders;
    private readonly FaceModels _models;
    private readonly FaceOptions _options;
    private readonly EvidenceOptions _evidence;
    private readonly SemaphoreSlim _turns;
    private readonly WorkerHealth _health;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();

    public FaceWatch(FaceOrderBook orders, FaceModels models, IOptions<FaceOptions> options, IOptions<EvidenceOptions> evidence, IOptions<EdgeOptions> edge, WorkerHealth health, ILogger<FaceWatch> logger)
    {
        (_orders, _models, _options, _evidence, _health, _logger) = (orders, models, options.Value, evidence.Value, health, logger);
        _turns = new SemaphoreSlim(edge.Value.RecognitionThreads);
        orders.Released = Ended;
    }

    /// <summary>Completes when there is a match to be sent.</summary>
    public SemaphoreSlim Matched { get; } = new(0);

    /// <summary>Keeps a copy of a frame of a camera at which faces are looked for. Called by one thread for each camera.</summary>
    /// <param name="waits">Whether its source waits until the frame is taken; a live camera's oldest frame is dropped instead.</param>
    public ValueTask OfferAsync(string cameraId, Frame frame, bool waits, CancellationToken cancellationToken)
    {
        if (!_orders.Watches(cameraId) || _stopping.IsCancellationRequested)
        {
            return ValueTask.CompletedTask;
        }

        var camera = _cameras.GetOrAdd(cameraId, id => new Watched(this, id));
        return camera.OfferAsync(frame, waits ? frame.CapturedAt - DateTimeOffset.UnixEpoch : frame.Moment, waits, cancellationToken);
    }

    /// <summary>The camera gives no more frames, or faces are looked for there no more: what is held of people is destroyed.</summary>
    public void Ended(string cameraId)
    {
        if (_cameras.TryRemove(cameraId, out var camera))
        {
            camera.Complete();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        _turns.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var running = _cameras.Values.Select(c => c.Running).ToList();
        foreach (var camera in _cameras.Keys)
        {
            Ended(camera);
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync(string cameraId, Watched watched, CancellationToken stoppingToken)
    {
        using var faces = new CameraFaces(cameraId, _models, _options, _evidence);
        try
        {
            watched.IsTaking = true;
            while (await NextAsync(watched, faces, stoppingToken) is { } frame)
            {
                using (frame.Picture)
                {
                    await _turns.WaitAsync(stoppingToken);
                    try
                    {
                        Take(cameraId, faces, frame.Picture, frame.At, frame.CapturedAt);
                    }
                    finally
                    {
                        _turns.Release();
                    }

                    _health.Healthy(Worker(cameraId));
                }
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _models.Renew();
            throw;
        }
        finally
        {
            watched.IsTaking = false;
            watched.Drop();
        }
    }

    // Orders are asked for in the camera's turn, for which it may have waited a while.
    private void Take(string cameraId, CameraFaces faces, Mat picture, TimeSpan at, DateTimeOffset capturedAt)
    {
        var orders = _orders.Of(cameraId, capturedAt);
        if (orders.Count == 0)
        {
            faces.End();
        }
        else if (faces.Take(picture, at, capturedAt, orders))
        {
            Matched.Release();
        }
    }

    /// <summary>The next frame, null when there are no more. While none comes, nothing of the people before is held.</summary>
    private static async Task<(Mat Picture, TimeSpan At, DateTimeOffset CapturedAt)?> NextAsync(Watched watched, CameraFaces faces, CancellationToken stoppingToken)
    {
        var any = watched.Frames.WaitToReadAsync(stoppingToken).AsTask();
        for (var silent = TimeSpan.Zero; silent < Silence && await Task.WhenAny(any, Task.Delay(LookAtOrders, stoppingToken)) != any; silent += LookAtOrders)
        {
            faces.LeaveDestroyed();
        }

        if (!any.IsCompleted)
        {
            faces.End();
        }

        while (await any)
        {
            if (watched.Frames.TryRead(out var frame))
            {
                return frame;
            }

            any = watched.Frames.WaitToReadAsync(stoppingToken).AsTask();
        }

        faces.End();
        return null;
    }

    private static string Worker(string cameraId) => $"faces {cameraId}";

    /// <summary>A camera's frames that wait, and the task that takes them.</summary>
    private sealed class Watched
    {
        private readonly Channel<(Mat Picture, TimeSpan At, DateTimeOffset CapturedAt)> _frames;
        private readonly FaceWatch _watch;
        private TimeSpan? _lookedAt;

        public Watched(FaceWatch watch, string cameraId)
        {
            _watch = watch;
            _frames = Channel.CreateBounded<(Mat, TimeSpan, DateTimeOffset)>(new BoundedChannelOptions(Waiting) { SingleReader = true });
            IsTaking = true;
            Running = watch._health.KeepAsync(Worker(cameraId), token => watch.RunAsync(cameraId, this, token), watch._logger, watch._stopping.Token);
        }

        public Task Running { get; }

        public ChannelReader<(Mat Picture, TimeSpan At, DateTimeOffset CapturedAt)> Frames => _frames.Reader;

        /// <summary>False while it rests after a fault: nobody waits for it then.</summary>
        public volatile bool IsTaking;

        public async ValueTask OfferAsync(Frame frame, TimeSpan at, bool waits, CancellationToken cancellationToken)
        {
            if (!IsTaking || (!frame.Still && _lookedAt is { } before && at >= before && at - before < _watch._options.LookEvery))
            {
                return;
            }

            _lookedAt = at;
            var picture = frame.Image.Clone();
            try
            {
                var waiting = (picture, at, frame.CapturedAt);
                if (!waits)
                {
                    while (!_frames.Writer.TryWrite(waiting))
                    {
                        if (!_frames.Reader.TryRead(out var oldest))
                        {
                            picture.Dispose();
                            return;
                        }

                        oldest.Picture.Dispose();
                    }
                }
                else
                {
                    await _frames.Writer.WriteAsync(waiting, cancellationToken);
                    if (!IsTaking)
                    {
                        Drop();
                    }
                }
            }
            catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
            {
                picture.Dispose();
            }
        }

        public void Complete() => _frames.Writer.TryComplete();

        public void Drop()
        {
            while (_frames.Reader.TryRead(out var frame))
            {
                frame.Picture.Dispose();
            }
        }
    }
}
