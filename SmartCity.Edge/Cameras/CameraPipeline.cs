using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Hotlist;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Recognition;
using SmartCity.Edge.Tracking;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Cameras;

/// <summary>One camera's frames to sightings: gate, detect, read, follow, vote, look up, publish. Not thread-safe.</summary>
internal sealed class CameraPipeline(Station station, Camera camera, PlateRecogniser recogniser, HotlistWatch hotlist, SightingPublisher publisher, CameraStatistics statistics, ILogger logger) : IDisposable
{
    private const int EvidenceQuality = 82;
    private const float PatchMargin = 0.35f;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(400);

    private readonly Tracking.Tracker _tracker = new(recogniser.Fuse);
    private readonly MotionGate _gate = new();
    private readonly TruthKeeper _truth = new(statistics);
    private DateTimeOffset _newest;
    private DateTimeOffset _readAt;
    private bool _skipped;

    /// <summary>Takes a frame and disposes it.</summary>
    public async Task TakeAsync(Frame frame, CancellationToken cancellationToken)
    {
        using (frame)
        {
            _truth.Sees(frame);
            _tracker.FrameAt(frame.CapturedAt);
            _newest = frame.CapturedAt;
            if (frame.Still)
            {
                await ReadStillAsync(frame, cancellationToken);
                return;
            }

            // Stillness says what is in view only when the last frame that moved was read.
            if (!_gate.Moves(frame.Image) && !_skipped)
            {
                await PublishAsync(_tracker.Still(frame.CapturedAt), cancellationToken);
                return;
            }

            if (_tracker.AllReported && frame.CapturedAt - _readAt < Rest)
            {
                _skipped = true;
                await PublishAsync(_tracker.Expire(frame.CapturedAt), cancellationToken);
                return;
            }

            (_readAt, _skipped) = (frame.CapturedAt, false);
            await PublishAsync(Read(frame), cancellationToken);
        }
    }

    /// <summary>Reports what has left when no frame has come for a time.</summary>
    public Task ExpireAsync(TimeSpan silence, CancellationToken cancellationToken) => PublishAsync(_tracker.Expire(_newest + silence), cancellationToken);

    /// <summary>Reports what is still followed: there will be no more frames.</summary>
    public Task EndAsync(CancellationToken cancellationToken) => PublishAsync(_tracker.Expire(DateTimeOffset.MaxValue), cancellationToken);

    public void Dispose()
    {
        _tracker.Dispose();
        _gate.Dispose();
    }

    private IReadOnlyList<(Track, PlateRead)> Read(Frame frame)
    {
        using var activity = StartFrame(frame);
        var reads = Recognise(frame, quads => _tracker.ToRead(quads, frame.CapturedAt));
        return _tracker.Observe(reads, frame.Image, frame.CapturedAt, activity?.Context ?? default, frame.Origin);
    }

    private async Task ReadStillAsync(Frame frame, CancellationToken cancellationToken)
    {
        using var activity = StartFrame(frame);
        foreach (var read in Recognise(frame, quads => quads))
        {
            using var track = new Track(read.Quad, frame.CapturedAt, activity?.Context ?? default) { Origin = frame.Origin };
            track.Add(read, frame.Image, frame.CapturedAt);
            await PublishAsync([(track, read)], cancellationToken);
        }
    }

    private Activity? StartFrame(Frame frame) =>
        Telemetry.Source.StartActivity("frame", ActivityKind.Internal, default(ActivityContext), [new("station", station.Id), new("camera", camera.Id), new("frame", frame.Number)]);

    private IReadOnlyList<PlateRead> Recognise(Frame frame, Func<IReadOnlyList<PlateQuad>, IReadOnlyList<PlateQuad>> select)
    {
        statistics.FrameRead();
        IReadOnlyList<PlateQuad> quads;
        using (Telemetry.Source.StartActivity("detect"))
        {
            quads = select(recogniser.Detect(frame.Image));
        }

        using (Telemetry.Source.StartActivity("read"))
        {
            return recogniser.Read(frame.Image, quads);
        }
    }

    private async Task PublishAsync(IReadOnlyList<(Track Track, PlateRead Vote)> due, CancellationToken cancellationToken)
    {
        foreach (var (track, vote) in due)
        {
            using var activity = Telemetry.Source.StartActivity("vote", ActivityKind.Internal, track.Trace, [new("plate", Masking.Plate(vote.Plate)), new("frames", track.Reads.Count), new("confidence", vote.Confidence)]);
            var vehicle = Observed(track, vote, activity?.Context ?? track.Trace);
            hotlist.See(vehicle); // first: a disk that is full holds up the spool
            await publisher.PublishAsync(vehicle, cancellationToken);
            statistics.Sighted(vote.Plate is not null);
            _truth.Reported(vote.Plate);
            logger.LogDebug("Camera {Camera} saw {Plate} ({Confidence}).", camera.Id, Masking.Plate(vote.Plate), vote.Confidence);
        }
    }

    private ObservedVehicle Observed(Track track, PlateRead vote, ActivityContext trace)
    {
        var (picture, at, quad) = track.Best;
        var captured = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
        var box = quad.Box & new Rect(0, 0, picture.Width, picture.Height);
        var id = track.Origin is { } origin ? FrameOrigin.SightingId(origin, camera.Id, captured, box) : Guid.CreateVersion7(captured);
        using var patch = PlatePatch.Rectify(picture, quad, PatchMargin);
        var sighting = new Sighting
        {
            Id = id,
            CapturedAt = captured,
            StationId = station.Id,
            CameraId = camera.Id,
            Lane = camera.Lane,
            Direction = camera.Direction,
            Plate = vote.Plate,
            Country = vote.Plate is null ? null : vote.Country,
            Format = vote.Plate is null ? null : vote.Format,
            Confidence = vote.Confidence,
            Characters = vote.Plate is null ? [] : vote.Characters,
            Alternatives = vote.Plate is null && vote.BestGuess.Length > 0 ? [new PlateAlternative(vote.BestGuess, vote.Confidence), .. vote.Alternatives] : vote.Alternatives,
            Frames = track.Reads.Count,
            Box = [box.X, box.Y, box.Width, box.Height],
            Evidence = Sighting.EvidenceKey(station.Id, captured, id),
            ReaderVersion = recogniser.ReaderVersion,
            DetectorVersion = recogniser.DetectorVersion,
        };
        var quality = new ImageEncodingParam(ImwriteFlags.JpegQuality, EvidenceQuality);
        return new ObservedVehicle(sighting, picture.ImEncode(".jpg", quality), patch.ImEncode(".jpg", quality), trace);
    }
}
