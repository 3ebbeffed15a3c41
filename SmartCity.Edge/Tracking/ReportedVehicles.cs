using OpenCvSharp;

namespace SmartCity.Edge.Tracking;

/// <summary>What was reported lately and where it stood, so that a vehicle whose track was lost and found again is not reported twice. Not thread-safe.</summary>
internal sealed class ReportedVehicles
{
    // No vehicle passes the same camera twice within this time in which it gave pictures.
    private static readonly TimeSpan OnePass = TimeSpan.FromSeconds(10);

    // After a longer silence of the camera the same vehicle may have come again.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ParkedPatience = TimeSpan.FromMinutes(10);
    private const double SamePlace = 0.6;

    private readonly List<Vehicle> _vehicles = [];

    // The moment of the last frame that was observed, and until when nothing has moved since.
    private (TimeSpan Observed, TimeSpan Still) _view;

    // The last silence of the camera, and the last frame that was observed before it.
    private (TimeSpan Observed, TimeSpan Length) _silence;

    /// <summary>Remembers a vehicle that is to be reported; false when it is one that was.</summary>
    /// <param name="plate">Null when it was not read; then only one that stands can be known again.</param>
    public bool Add(Track track, string? plate)
    {
        if (plate is null && !track.Stands)
        {
            return true;
        }

        var known = _vehicles.Find(v => v.IsRead(plate) && IsSame(v, track));
        _vehicles.RemoveAll(v => v == known || (plate is not null && v.IsRead(plate)));
        track.ReportedAs = new Vehicle(known?.Plates ?? [plate]) { Box = track.Quad.Box, Parked = track.Stands || track.Reads.Count == 1, At = track.SeenAt == _view.Observed ? _view.Still : track.SeenAt };
        track.ReportedAs.Unseen = track.SeenAt == _silence.Observed ? _silence.Length : TimeSpan.Zero;
        _vehicles.Add(track.ReportedAs);
        return known is null;
    }

    /// <summary>A vehicle that was reported has another plate than was read at first.</summary>
    public void Correct(Track track, string plate)
    {
        if (track.ReportedAs is { } known)
        {
            _vehicles.RemoveAll(v => v == known || v.Plate == plate);
            track.ReportedAs = new Vehicle([plate, .. known.Plates]) { Box = known.Box, Parked = known.Parked, At = known.At };
            _vehicles.Add(track.ReportedAs);
        }
    }

    /// <summary>A frame was observed: those that it shows are still there.</summary>
    public void Observed(IReadOnlyList<Track> tracks, TimeSpan at)
    {
        foreach (var track in tracks.Where(t => t.SeenAt == at && t.ReportedAs is not null))
        {
            var vehicle = track.ReportedAs!;
            (vehicle.Parked, vehicle.Box) = (Overlap(vehicle.Box, track.Quad.Box) > SamePlace, track.Quad.Box);
            vehicle.SeenAt(at);
        }

        // What was lost and found again is there, before it can be reported.
        foreach (var track in tracks.Where(t => t.SeenAt == at && t.ReportedAs is null))
        {
            _vehicles.Find(v => v.IsRead(track.Surest?.Plate) && IsSame(v, track))?.SeenAt(at);
        }

        // Where another stands, it does not stand any more.
        foreach (var track in tracks.Where(t => t.SeenAt == at))
        {
            var plate = track.ReportedAs is { } known ? known.Plate : track.Surest?.Plate;
            _vehicles.FindAll(v => plate is not null && v.Plate != plate && v != track.ReportedAs && v.At < at && Overlap(v.Box, track.Quad.Box) > SamePlace).ForEach(v => v.Parked = false);
        }

        _view = (at, at);
    }

    /// <summary>Nothing has moved since the last frame: those that it showed are still there.</summary>
    public void Still(TimeSpan at)
    {
        foreach (var vehicle in _vehicles.Where(v => v.At == _view.Still))
        {
            vehicle.SeenAt(at);
        }

        _view.Still = at;
    }

    /// <summary>
    /// No frame came for longer than the camera leaves between two: what the last one showed is passing still, for those after it may have been on their way
    /// for long. What had left before the silence, has left.
    /// </summary>
    public void Silent(TimeSpan length)
    {
        if (length > LongestSilence)
        {
            return;
        }

        _silence = (_view.Observed, length);
        foreach (var vehicle in _vehicles.Where(v => v.At == _view.Still))
        {
            vehicle.Unseen += length;
        }
    }

    public void Forget(TimeSpan at) => _vehicles.RemoveAll(v => at - v.At > ParkedPatience);

    // A track that was lost and found again is the same vehicle; so is a parked car in the same place that a bus had hidden.
    private static bool IsSame(Vehicle vehicle, Track track)
    {
        var since = track.SeenAt - vehicle.At;
        return (vehicle.Plate is not null && since - vehicle.Unseen <= OnePass) || (vehicle.Parked && since <= ParkedPatience && Overlap(vehicle.Box, track.Quad.Box) > SamePlace);
    }

    internal static double Overlap(Rect a, Rect b)
    {
        var both = a & b;
        var area = both.Width * (double)both.Height;
        return area / (a.Width * (double)a.Height + b.Width * (double)b.Height - area);
    }

    internal sealed class Vehicle(IReadOnlyList<string?> plates)
    {
        public string? Plate => Plates[0];

        /// <summary>What it was read as, the last first: as less of it is seen again, it may be read again as it was before.</summary>
        public IReadOnlyList<string?> Plates { get; } = plates;

        public bool IsRead(string? plate) => Plates.Contains(plate);

        /// <summary>It stood where it was seen last, and no other has stood there since.</summary>
        public bool Parked { get; set; }

        public Rect Box { get; set; }

        /// <summary>When it was seen last.</summary>
        public TimeSpan At { get; set; }

        /// <summary>Of the time since, that in which the camera gave no frames.</summary>
        public TimeSpan Unseen { get; set; }

        public void SeenAt(TimeSpan at) => (At, Unseen) = (at, TimeSpan.Zero);
    }
}
