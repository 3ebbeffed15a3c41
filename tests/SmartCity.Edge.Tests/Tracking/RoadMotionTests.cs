using OpenCvSharp;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Tracking;

namespace SmartCity.Edge.Tests.Tracking;

public sealed class RoadMotionTests
{
    private static readonly Size Picture = new(1000, 500);

    [Theory]
    [InlineData(0, 30, 6, "towards")] // it grows
    [InlineData(0, -30, -6, "away")]
    [InlineData(60, 4, 0, "right")]
    [InlineData(-60, -4, 0, "left")]
    [InlineData(0, 20, 0, "towards")] // it comes down the picture of a camera that looks down on the road
    [InlineData(0, -20, 0, "away")]
    [InlineData(1, 1, 0, null)] // it stands
    public void How_a_plate_moves_is_how_it_grows_and_where_it_goes(int right, int down, int wider, string? movement) =>
        Assert.Equal(movement, RoadMotion.Movement([.. Enumerable.Range(0, 8).Select(i => At(i, 500 + right * i, 250 + down * i, 120 + wider * i))]));

    [Fact]
    public void Of_a_plate_that_was_seen_twice_nobody_knows_it() => Assert.Null(RoadMotion.Movement([At(0, 500, 200), At(1, 500, 300)]));

    [Theory]
    [InlineData(50, 90.0)] // 25 pixels, a metre, in 40 ms
    [InlineData(-50, 90.0)]
    [InlineData(25, 45.0)]
    public void Speed_is_how_soon_one_line_follows_the_other(int down, double kmh)
    {
        var motion = new CameraMotion { Lines = [[[0, 0.3], [1, 0.3]], [[0, 0.7], [1, 0.7]]], LinesMetres = 4 };
        var path = Enumerable.Range(0, 20).Select(i => At(i, 500, (down > 0 ? 100 : 400) + down * i)).TakeWhile(s => s.Middle.Y is > 0 and < 500).ToList();

        Assert.Null(CameraMotion.Check(motion));
        Assert.Equal(kmh, RoadMotion.SpeedKmh(path, motion, Picture)!.Value, 0.2);
        Assert.Null(RoadMotion.SpeedKmh([.. path.Take(2)], motion, Picture)); // one line alone
        Assert.Null(RoadMotion.SpeedKmh(path, null, Picture));
    }

    [Fact]
    public void Speed_inside_four_points_is_measured_on_the_road_and_not_in_the_picture()
    {
        // A road that becomes narrower: far away a pixel is more metres.
        var motion = new CameraMotion { Points = [[0.4, 0.2], [0.6, 0.2], [0.9, 0.9], [0.1, 0.9]], PointsMetres = [[0, 40], [4, 40], [4, 0], [0, 0]] };
        Assert.Null(CameraMotion.Check(motion));
        using var toPicture = Cv2.GetPerspectiveTransform(
            motion.PointsMetres!.Select(p => new Point2f((float)p[0], (float)p[1])), motion.Points!.Select(p => new Point2f((float)(1000 * p[0]), (float)(500 * p[1]))));

        // 20 m/s towards the camera, at 25 frames a second.
        var metres = Enumerable.Range(0, 45).Select(i => new Point2d(2, 38 - 0.8 * i)).ToArray();
        var path = Cv2.PerspectiveTransform(metres, toPicture).Select((p, i) => new Step(TimeSpan.FromMilliseconds(40 * i), new Rect((int)Math.Round(p.X) - 60, (int)Math.Round(p.Y) - 15, 120, 30))).ToList();

        Assert.Equal(72, RoadMotion.SpeedKmh(path, motion, Picture)!.Value, 1.5);
        Assert.Equal(72, RoadMotion.SpeedKmh([.. path.Take(20)], motion, Picture)!.Value, 4.0);
        Assert.Null(RoadMotion.SpeedKmh([.. path.Take(2)], motion, Picture));
    }

    [Theory]
    [InlineData("""{ "directions": { "up": "inbound" } }""", "'up'")]
    [InlineData("""{ "directions": { "towards": "" } }""", "'towards'")]
    [InlineData("""{ "lines": [[[0, 0.3], [1, 0.3]], [[0, 0.7], [1, 0.7]]] }""", "linesMetres")]
    [InlineData("""{ "lines": [[[0, 0.3], [1, 0.3]]], "linesMetres": 5 }""", "two lines")]
    [InlineData("""{ "lines": [[[0, 0.3], [1, 30]], [[0, 0.7], [1, 0.7]]], "linesMetres": 5 }""", "from 0 to 1")]
    [InlineData("""{ "lines": [[[0, 0.3], [0, 0.3]], [[0, 0.7], [1, 0.7]]], "linesMetres": 5 }""", "different")]
    [InlineData("""{ "lines": [[[0, 0.3], [1, 0.3]], [[0, 0.7], [1, 0.7]]], "linesMetres": 0 }""", "more than 0")]
    [InlineData("""{ "points": [[0, 0], [1, 0], [1, 1], [0, 1]] }""", "pointsMetres")]
    [InlineData("""{ "points": [[0, 0], [1, 0], [1, 1]], "pointsMetres": [[0, 0], [1, 0], [1, 1], [0, 1]] }""", "four points")]
    [InlineData("""{ "points": [[0, 0], [1, 1], [1, 0], [0, 1]], "pointsMetres": [[0, 0], [1, 0], [1, 1], [0, 1]] }""", "in order")]
    [InlineData("""{ "lines": [[[0, 0.3], [1, 0.3]], [[0, 0.7], [1, 0.7]]], "linesMetres": 5, "points": [[0, 0], [1, 0], [1, 1], [0, 1]], "pointsMetres": [[0, 0], [1, 0], [1, 1], [0, 1]] }""", "the one or the other")]
    public void What_cannot_be_meant_is_refused_saying_why(string json, string why) =>
        Assert.Contains(why, CameraMotion.Check(System.Text.Json.JsonSerializer.Deserialize<CameraMotion>(json, System.Text.Json.JsonSerializerOptions.Web)), StringComparison.Ordinal);

    // A plate whose middle is there in the i-th of 25 frames a second.
    private static Step At(int i, int x, int y, int width = 120) => new(TimeSpan.FromMilliseconds(40 * i), new Rect(x - width / 2, y - width / 8, width, width / 4));
}
