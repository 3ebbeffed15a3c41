using System.Diagnostics;
using System.Security.Cryptography;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras.Events;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Faces;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Tracking;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Cameras;

/// <summary>One camera's frames to vehicles: gate, detect, read, follow, vote. It touches no disk. Not thread-safe.</summary>
/// <param name="clock">This machine's; null when nobody asks for it.</param>
/// <param name="bystanders">Blurs faces in what leaves; null where no picture leaves.</param>
/// <param name="strips">Keeps the frames before and after each sighting; null where none are kept. It is disposed with this.</param>
internal sealed class CameraPipeline(Station station, Camera camera, PlateRecogniser recogniser, CameraStatistics statistics, StationClock? clock = null, BystanderBlur? bystanders = null, FrameStrips? strips = null) : IDisposable
{
    private const int EvidenceQuality = 82;
    private const float PatchMargin = 0.35f;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan RestWhileMeasured = TimeSpan.FromMilliseconds(100);

    // What moves too little to be seen moving is read all the same.
    private static readonly TimeSpan LongestUnread = TimeSpan.FromSeconds(2);

    private Tracking.Tracker _tracker = NewTracker(recogniser, camera);
    private readonly MotionGate _gate = new();
    private readonly TruthKeeper _truth = new(statistics);
    private DateTimeOffset _capturedAt;
    private TimeSpan _moment;
    private TimeSpan _readAt;
    private bool _timedElsewhere;
    private bool _moves;

    /// <summary>Frames that were taken without a fault.</summary>
    public long Taken { get; private set; }

    /// <returns>The vehicles that the frame lets be reported.</returns>
    public List<ObservedVehicle> Take(Frame frame)
    {
        var vehicles = Turned(frame);
        _moves = false;
        vehicles.AddRange(Look(frame));
        strips?.See(frame, _moves);
        Taken++;
        return vehicles;
    }

    /// <summary>What has left when no frame has come for a time.</summary>
    public List<ObservedVehicle> Expire(TimeSpan now) => Observed(_tracker.Expire(now));

    /// <summary>What is still followed: there will be no more frames.</summary>
    public List<ObservedVehicle> End()
    {
        var vehicles = Observed(_tracker.End());
        strips?.End();
        return vehicles;
    }

    /// <summary>The frames before and after sightings that are complete since the last call.</summary>
    public List<ObservedStrip> Strips() => strips?.Made() ?? [];

    public void Dispose()
    {
        _tracker.Dispose();
        _gate.Dispose();
        strips?.Dispose();
    }

    // A vehicle is reported before it is past; where somebody has said what its movement means, what is known of it in the end is told.
    private static Tracking.Tracker NewTracker(PlateRecogniser recogniser, Camera camera) => new(
        recogniser.Fuse,
        camera.Motion is null ? null : track => (track.Sighting!.SpeedKmh is null && RoadMotion.SpeedKmh(track.Path, camera.Motion, track.Best.Picture.Size()) is not null)
            || (RoadMotion.Movement(track.Path) is { } movement && DirectionOf(camera, movement) != track.Sighting.Direction));

    private static string? DirectionOf(Camera camera, string? movement) => movement is not null && camera.Motion?.Directions.TryGetValue(movement, out var direction) == true ? direction : camera.Direction;

    // A clock that was put back, or a recording that begins anew: what was followed has its times from before.
    private List<ObservedVehicle> Turned(Frame frame)
    {
        var vehicles = frame.CapturedAt < _capturedAt || frame.Moment < _moment ? End() : [];
        if (frame.Moment < _moment)
        {
            _tracker.Dispose();
            _tracker = NewTracker(recogniser, camera);
            _readAt = TimeSpan.Zero;
        }

        (_capturedAt, _moment, _timedElsewhere) = (frame.CapturedAt, frame.Moment, frame.IsTimedElsewhere);
        return vehicles;
    }

    private List<ObservedVehicle> Look(Frame frame)
    {
        _truth.Sees(frame);
        _tracker.FrameAt(frame.Moment, live: frame.Origin is null);
        if (frame.Reading is { } reading)
        {
            return Vote(frame, reading);
        }

        if (frame.Still)
        {
            return ReadStill(frame);
        }

        _moves = _gate.Moves(frame.Brightness);
        if (!_moves && frame.Moment - _readAt < LongestUnread)
        {
            return Observed(_tracker.Still(frame.Moment));
        }

        if (_tracker.AllReported && frame.Moment - _readAt < (camera.Motion is { Lines: not null } or { Points: not null } ? RestWhileMeasured : Rest))
        {
            return Observed(_tracker.Expire(frame.Moment));
        }

        _readAt = frame.Moment;
        _moves = true;
        _gate.Read();
        return Observed(Read(frame));
    }

    private IReadOnlyList<(Track, PlateRead)> Read(Frame frame)
    {
        using var activity = StartFrame(frame);
        var reads = Recognise(frame, quads => _tracker.ToRead(quads, frame.Moment));
        return _tracker.Observe(reads, frame.Image, frame.Moment, frame.CapturedAt, activity?.Context ?? default, frame.Origin);
    }

    private List<ObservedVehicle> ReadStill(Frame frame)
    {
        using var activity = StartFrame(frame);
        var vehicles = new List<ObservedVehicle>();
        foreach (var read in Recognise(frame, quads => quads))
        {
            using var track = new Track(read.Quad, frame.Moment, activity?.Context ?? default) { Origin = frame.Origin };
            track.Add(read, frame.Image, frame.CapturedAt);
            vehicles.AddRange(Observed([(track, read)]));
        }

        return vehicles;
    }

    // The camera's own reading is of one vehicle: others in the picture have events of their own.
    private List<ObservedVehicle> Vote(Frame frame, CameraReading reading)
    {
        using var activity = StartFrame(frame);
        var reads = Recognise(frame, quads => quads);
        var ours = reads.FirstOrDefault(r => r.Plate is not null && r.Plate == reading.Plate) ?? (reads.Count > 0 ? reads[0] : null);
        var vote = EventVote.Of(ours ?? NothingIn(frame.Image), reading);
        using var track = new Track(vote.Quad, frame.Moment, activity?.Context ?? default) { Origin = frame.Origin };
        track.Add(vote, frame.Image, frame.CapturedAt);
        return [.. Observed([(track, vote)], isPlateFound: ours is not null).Select(v => v with
        {
            Sighting = v.Sighting with { Direction = reading.Direction ?? camera.Direction, SpeedKmh = reading.SpeedKmh, Box = ours is null ? [] : v.Sighting.Box },
            PatchJpeg = ours is null ? null : v.PatchJpeg,
        })];
    }

    private static PlateRead NothingIn(Mat picture) => new()
    {
        Quad = new PlateQuad(new Point2f(0, 0), new Point2f(picture.Width, 0), new Point2f(picture.Width, picture.Height), new Point2f(0, picture.Height), 0),
        Grid = new CharacterGrid([]),
    };

    private Activity? StartFrame(Frame frame) =>
        Telemetry.Source.StartActivity("frame", ActivityKind.Internal, default(ActivityContext), [new("station", station.Id), new("camera", camera.Id), new("frame", frame.Number)]);

    private IReadOnlyList<PlateRead> Recognise(Frame frame, Func<IReadOnlyList<PlateQuad>, IReadOnlyList<PlateQuad>> select)
    {
        statistics.FrameRead();
        IReadOnlyList<PlateQuad> quads;
        using (Telemetry.Source.StartActivity("detect"))
        {
            quads = select(recogniser.Detect(frame.Image, camera.Recognition));
        }

        using (Telemetry.Source.StartActivity("read"))
        {
            return recogniser.Read(frame.Image, quads);
        }
    }

    /// <param name="isPlateFound">Whether the quads are of plates, which stay clear where faces are blurred.</param>
    private List<ObservedVehicle> Observed(IReadOnlyList<(Track Track, PlateRead Vote)> due, bool isPlateFound = true)
    {
        var vehicles = new List<ObservedVehicle>(due.Count);
        foreach (var (track, vote) in due)
        {
            using var activity = Telemetry.Source.StartActivity("vote", ActivityKind.Internal, track.Trace, [new("plate", Masking.Plate(vote.Plate)), new("frames", track.Reads.Count), new("confidence", vote.Confidence)]);
            vehicles.Add(Observed(track, vote, activity?.Context ?? track.Trace, isPlateFound));
            _truth.Reported(vote.Plate);
        }

        return vehicles;
    }

    private ObservedVehicle Observed(Track track, PlateRead vote, ActivityContext trace, bool isPlateFound)
    {
        var (picture, at, quad) = track.Best;
        var before = track.Sighting;
        var captured = before?.CapturedAt ?? DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
        var box = quad.Box & new Rect(0, 0, picture.Width, picture.Height);
        var revision = before is null ? 0 : before.Revision + 1;

        // What is only known better in the end rests on the same picture.
        var shown = before?.Plate == vote.Plate && before?.Confidence == vote.Confidence ? before : null;
        var id = before is not null ? before.Id : track.Origin is { } origin ? FrameOrigin.SightingId(origin, camera.Id, captured, box) : Guid.CreateVersion7(captured);
        var movement = RoadMotion.Movement(track.Path);
        var sighting = new Sighting
        {
            Id = id,
            Revision = revision,
            CapturedAt = captured,
            StationId = station.Id,
            CameraId = camera.Id,
            Lane = camera.Lane,
            Direction = DirectionOf(camera, movement),
            Movement = movement,
            SpeedKmh = RoadMotion.SpeedKmh(track.Path, camera.Motion, picture.Size()),
            Plate = vote.Plate,
            Country = vote.Plate is null ? null : vote.Country,
            Format = vote.Plate is null ? null : vote.Format,
            Confidence = vote.Confidence,
            Characters = vote.Plate is null ? [] : vote.Characters,
            Alternatives = vote.Plate is null && vote.BestGuess.Length > 0 ? [new PlateAlternative(vote.BestGuess, vote.Confidence), .. vote.Alternatives] : vote.Alternatives,
            Frames = track.Reads.Count,
            Box = shown is not null ? shown.Box : [box.X, box.Y, box.Width, box.Height],
            Evidence = shown is not null ? shown.Evidence : Sighting.EvidenceKey(station.Id, captured, id, revision),
            EvidenceSha256 = shown?.EvidenceSha256,
            PatchSha256 = shown?.PatchSha256,
            ReaderVersion = vote.ReaderVersion ?? recogniser.ReaderVersion,
            DetectorVersion = recogniser.DetectorVersion,
            ClockSynchronised = before is not null ? before.ClockSynchronised : _timedElsewhere ? null : clock?.Timing()?.Synchronised, // of the clock that gave its time
        };
        if (shown is not null)
        {
            track.Sighting = sighting;
            return new ObservedVehicle(sighting, null, null, trace) { Corrects = before };
        }

        using var covered = bystanders?.Cover(picture, isPlateFound ? quad.Box : null);
        var leaving = covered ?? picture;
        using var patch = PlatePatch.Rectify(leaving, quad, PatchMargin);
        var quality = new ImageEncodingParam(ImwriteFlags.JpegQuality, EvidenceQuality);
        var (evidence, plate) = (leaving.ImEncode(".jpg", quality), patch.ImEncode(".jpg", quality));
        track.Sighting = sighting with { EvidenceSha256 = Digest(evidence), PatchSha256 = Digest(plate) };
        if (before is null)
        {
            strips?.Expect(sighting, _moment);
        }

        return new ObservedVehicle(track.Sighting, evidence, plate, trace) { Corrects = before };
    }

    private static string Digest(byte[] jpeg) => Convert.ToHexStringLower(SHA256.HashData(jpeg));
}
