using System.Text.Json.Serialization;

namespace SmartCity.Contracts.Cities;

/// <summary>
/// What movement in a camera's picture means on the road. Points are x, y pairs from 0 (left, top) to 1 (right, bottom). Plates are measured, so the marks of a calibration are best
/// at the height of plates.
/// </summary>
public sealed record CameraMotion
{
    /// <summary>How a plate can move: nearer to the camera, further from it, to the left or to the right of the picture.</summary>
    public static readonly IReadOnlyList<string> Movements = ["towards", "away", "left", "right"];

    private const int LongestDirection = 40;
    private const double FurthestMetres = 1000;

    /// <summary>The direction of vehicles that move so, such as <c>towards</c>: <c>inbound</c>. A movement that is not here has the camera's own direction.</summary>
    public IReadOnlyDictionary<string, string> Directions { get => field ?? new Dictionary<string, string>(); init; }

    /// <summary>Two lines across the road, each of two points, between which speed is measured.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<IReadOnlyList<double[]>>? Lines { get; init; }

    /// <summary>How far one line is from the other along the road, in metres.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LinesMetres { get; init; }

    /// <summary>Four points of the road, in order around the area; speed is measured inside it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double[]>? Points { get; init; }

    /// <summary>Where <see cref="Points"/> are on the road: metres across and along it, in the same order.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double[]>? PointsMetres { get; init; }

    /// <summary>Whether it says nothing.</summary>
    [JsonIgnore]
    public bool IsEmpty => Directions.Count == 0 && Lines is null && LinesMetres is null && Points is null && PointsMetres is null;

    /// <summary>What is wrong with it, in plain English; null if nothing is.</summary>
    public static string? Check(CameraMotion? motion)
    {
        if (motion is null)
        {
            return null;
        }

        if (motion.Directions.Keys.FirstOrDefault(m => !Movements.Contains(m)) is { } unknown)
        {
            return $"motion.directions has '{unknown}'; it may have {string.Join(", ", Movements)}.";
        }

        if (motion.Directions.FirstOrDefault(d => d.Value is not { Length: > 0 and <= LongestDirection }) is { Key: { } movement })
        {
            return $"motion.directions: the direction of '{movement}' must have 1 to {LongestDirection} characters.";
        }

        return CheckLines(motion) ?? CheckPoints(motion)
            ?? (motion.Lines is not null && motion.Points is not null ? "motion has lines and points; speed is measured with the one or the other." : null);
    }

    private static string? CheckLines(CameraMotion motion) => motion switch
    {
        { Lines: null, LinesMetres: null } => null,
        { Lines: null } or { LinesMetres: null } => "motion.lines and motion.linesMetres belong together: two lines across the road, and their distance along it.",
        { Lines: not [[_, _], [_, _]] } => "motion.lines must be two lines of two points each.",
        { Lines: [[var a, var b], [var c, var d]] } when !(IsPlace(a) && IsPlace(b) && IsPlace(c) && IsPlace(d)) => "motion.lines must have points of two numbers from 0 to 1: x from the left, y from the top.",
        { Lines: [[var a, var b], [var c, var d]] } when IsSame(a, b) || IsSame(c, d) => "motion.lines: the two points of a line must be different.",
        { LinesMetres: not (> 0 and <= FurthestMetres) } => $"motion.linesMetres must be more than 0 and at most {FurthestMetres} metres.",
        _ => null,
    };

    private static string? CheckPoints(CameraMotion motion) => motion switch
    {
        { Points: null, PointsMetres: null } => null,
        { Points: null } or { PointsMetres: null } => "motion.points and motion.pointsMetres belong together: four points of the picture, and where they are on the road.",
        { Points.Count: not 4 } or { PointsMetres.Count: not 4 } => "motion.points and motion.pointsMetres must have four points each.",
        _ when !motion.Points.All(IsPlace) => "motion.points must have points of two numbers from 0 to 1: x from the left, y from the top.",
        _ when !motion.PointsMetres.All(p => p is [>= -FurthestMetres and <= FurthestMetres, >= -FurthestMetres and <= FurthestMetres]) => $"motion.pointsMetres must have points of two numbers, in metres, at most {FurthestMetres}.",
        _ when !IsConvex(motion.Points) || !IsConvex(motion.PointsMetres) => "motion.points and motion.pointsMetres must be the corners of an area, in order around it, without a dent and with no three in a line.",
        _ => null,
    };

    private static bool IsPlace(double[]? point) => point is [>= 0 and <= 1, >= 0 and <= 1];

    private static bool IsSame(double[] a, double[] b) => a[0] == b[0] && a[1] == b[1];

    // All corners turn the same way.
    private static bool IsConvex(IReadOnlyList<double[]> p)
    {
        var turns = Enumerable.Range(0, 4).Select(i => (A: p[i], B: p[(i + 1) % 4], C: p[(i + 2) % 4])).Select(t => (t.B[0] - t.A[0]) * (t.C[1] - t.B[1]) - (t.B[1] - t.A[1]) * (t.C[0] - t.B[0])).ToList();
        return turns.TrueForAll(t => t > 1e-9) || turns.TrueForAll(t => t < -1e-9);
    }
}
