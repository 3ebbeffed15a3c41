using System.Globalization;
using SmartCity.Contracts.Cities;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Administration;

/// <summary>What movement in a camera's picture means, as it is typed: directions, and lines or points in percent of the picture, as in <see cref="MaskText"/>.</summary>
public sealed class MotionText
{
    public string Towards { get; set; } = "";

    public string Away { get; set; } = "";

    public string Left { get; set; } = "";

    public string Right { get; set; } = "";

    /// <summary>Two points, such as <c>0,30 100,30</c>.</summary>
    public string FirstLine { get; set; } = "";

    public string SecondLine { get; set; } = "";

    public double? LinesMetres { get; set; }

    /// <summary>Four points.</summary>
    public string Points { get; set; } = "";

    /// <summary>Four points in metres, such as <c>0,0 3.5,0 3.5,20 0,20</c>.</summary>
    public string PointsMetres { get; set; } = "";

    public static MotionText Of(CameraMotion? motion) => motion is null ? new MotionText() : new MotionText
    {
        Towards = motion.Directions.GetValueOrDefault("towards", ""),
        Away = motion.Directions.GetValueOrDefault("away", ""),
        Left = motion.Directions.GetValueOrDefault("left", ""),
        Right = motion.Directions.GetValueOrDefault("right", ""),
        FirstLine = motion.Lines is [var first, ..] ? Text(first, 100) : "",
        SecondLine = motion.Lines is [_, var second] ? Text(second, 100) : "",
        LinesMetres = motion.LinesMetres,
        Points = motion.Points is { } points ? Text(points, 100) : "",
        PointsMetres = motion.PointsMetres is { } metres ? Text(metres, 1) : "",
    };

    /// <summary>What was typed; the core says whether it is right.</summary>
    /// <exception cref="FormatException">Something is no list of points; the message names it.</exception>
    public CameraMotion Read() => new()
    {
        Directions = new[] { ("towards", Towards), ("away", Away), ("left", Left), ("right", Right) }.Where(d => d.Item2.Trim().Length > 0).ToDictionary(d => d.Item1, d => d.Item2.Trim()),
        Lines = FirstLine.Trim().Length + SecondLine.Trim().Length == 0 ? null : [Parse(Say("The first line"), FirstLine, 100), Parse(Say("The second line"), SecondLine, 100)],
        LinesMetres = LinesMetres,
        Points = Points.Trim().Length == 0 ? null : Parse(Say("The points"), Points, 100),
        PointsMetres = PointsMetres.Trim().Length == 0 ? null : Parse(Say("The points in metres"), PointsMetres, 1),
    };

    /// <summary>What was typed so far as it lies in the picture, in shares of it: each line and the four points, with a name. What is no list of points yet is left out.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<double[]> Points, bool IsClosed)> Shapes() =>
    [
        .. Shape("1", FirstLine, 2), .. Shape("2", SecondLine, 2), .. Shape(Say("road"), Points, 4),
    ];

    private static IEnumerable<(string Name, IReadOnlyList<double[]> Points, bool IsClosed)> Shape(string name, string text, int count)
    {
        try
        {
            return Parse(name, text, 100) is { } points && points.Count == count ? [(name, points, count > 2)] : [];
        }
        catch (FormatException)
        {
            return []; // the form says so when it is saved
        }
    }

    private static string Text(IReadOnlyList<double[]> points, double scale) => string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p[0] * scale:0.##},{p[1] * scale:0.##}")));

    private static List<double[]> Parse(string what, string text, double scale)
    {
        var points = new List<double[]>();
        foreach (var pair in text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (pair.Split(',') is not [var x, var y] || !double.TryParse(x, NumberStyles.Float, CultureInfo.InvariantCulture, out var across) || !double.TryParse(y, NumberStyles.Float, CultureInfo.InvariantCulture, out var down))
            {
                throw new FormatException(Say("{0}: '{1}' is not a point. Write points as two numbers with a comma between them, such as 0,30 100,30.", what, pair));
            }

            points.Add([across / scale, down / scale]);
        }

        return points;
    }
}
