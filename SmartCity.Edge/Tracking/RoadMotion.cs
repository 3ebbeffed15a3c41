using OpenCvSharp;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Tracking;

/// <summary>Where a plate was in a frame.</summary>
internal readonly record struct Step(TimeSpan At, Rect Box)
{
    public Point2d Middle => new(Box.X + Box.Width / 2.0, Box.Y + Box.Height / 2.0);
}

/// <summary>How a vehicle moved, from where its plate was. Null wherever too little was seen to say.</summary>
internal static class RoadMotion
{
    // A plate's height says how near it is even while a part of the plate is outside the picture.
    private const double Nearer = 1.2;
    private const double Sideways = 1;
    private const double Downwards = 2;
    private const int FewestSteps = 3;

    // What is nearer in time or place than this is measured too badly; what lies further apart in time may not be one movement.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(1);
    private const double ShortestMetres = 2;
    private const double FastestKmh = 300;

    /// <summary>One of <see cref="CameraMotion.Movements"/>.</summary>
    public static string? Movement(IReadOnlyList<Step> path)
    {
        if (path.Count < FewestSteps)
        {
            return null;
        }

        var (first, last) = (path[0], path[^1]);
        var nearer = Height(path, fromEnd: true) / Height(path, fromEnd: false);
        var moved = last.Middle - first.Middle;
        var (width, height) = ((first.Box.Width + last.Box.Width) / 2.0, (first.Box.Height + last.Box.Height) / 2.0);
        return nearer >= Nearer ? "towards"
            : nearer <= 1 / Nearer ? "away"
            : Math.Abs(moved.X) >= Sideways * width && Math.Abs(moved.X) >= Math.Abs(moved.Y) ? (moved.X < 0 ? "left" : "right")
            : Math.Abs(moved.Y) >= Downwards * height ? (moved.Y > 0 ? "towards" : "away")
            : null;
    }

    /// <summary>Kilometres per hour, where the camera is calibrated.</summary>
    /// <param name="picture">In pixels.</param>
    public static double? SpeedKmh(IReadOnlyList<Step> path, CameraMotion? motion, Size picture)
    {
        var metresPerSecond = motion switch
        {
            { Lines: [[var a, var b], [var c, var d]], LinesMetres: { } metres } => Between(Crossing(path, a, b, picture), Crossing(path, c, d, picture), metres),
            { Points: { } points, PointsMetres: { } metres } => OnRoad(path, points, metres, picture),
            _ => null,
        };
        return metresPerSecond * 3.6 is { } speed and <= FastestKmh ? Math.Round(speed, 1) : null;
    }

    private static double Height(IReadOnlyList<Step> path, bool fromEnd) =>
        Enumerable.Range(0, FewestSteps).Select(i => path[fromEnd ? path.Count - 1 - i : i].Box.Height).Order().ElementAt(FewestSteps / 2) is var height ? Math.Max(1.0, height) : 1;

    private static double? Between(TimeSpan? one, TimeSpan? other, double metres) =>
        one is { } a && other is { } b && (a - b).Duration() is var time && time >= Shortest ? metres / time.TotalSeconds : null;

    // When the plate's middle went over a line, between two frames.
    private static TimeSpan? Crossing(IReadOnlyList<Step> path, double[] from, double[] to, Size picture)
    {
        var (a, b) = (new Point2d(from[0] * picture.Width, from[1] * picture.Height), new Point2d(to[0] * picture.Width, to[1] * picture.Height));
        double Side(Step step) => (b.X - a.X) * (step.Middle.Y - a.Y) - (b.Y - a.Y) * (step.Middle.X - a.X);
        for (var i = 1; i < path.Count; i++)
        {
            var (before, after) = (Side(path[i - 1]), Side(path[i]));
            if (before * after <= 0 && before != after && path[i].At - path[i - 1].At <= LongestGap)
            {
                return path[i - 1].At + (path[i].At - path[i - 1].At) * (before / (before - after));
            }
        }

        return null;
    }

    private static double? OnRoad(IReadOnlyList<Step> path, IReadOnlyList<double[]> points, IReadOnlyList<double[]> metres, Size picture)
    {
        var area = points.Select(p => new Point2f((float)(p[0] * picture.Width), (float)(p[1] * picture.Height))).ToArray();
        var inside = path.Where(s => Cv2.PointPolygonTest(area, new Point2f((float)s.Middle.X, (float)s.Middle.Y), measureDist: false) >= 0).ToList();
        if (inside.Count < FewestSteps || inside[^1].At - inside[0].At is var time && time < Shortest)
        {
            return null;
        }

        using var toRoad = Cv2.GetPerspectiveTransform(area, metres.Select(m => new Point2f((float)m[0], (float)m[1])));
        var way = Cv2.PerspectiveTransform([inside[0].Middle, inside[^1].Middle], toRoad);
        var far = way[0].DistanceTo(way[1]);
        return far >= ShortestMetres ? far / time.TotalSeconds : null;
    }
}
